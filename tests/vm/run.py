"""`make test-vm`: run the test files of which something has changed, and note those that pass."""

import argparse
import os
import sys
from collections import Counter
from collections.abc import Sequence

import pytest

from sandbox.patience import TASK
from tests.vm import covers

TIMEOUT = 12 * TASK
"""Seconds for one test with its host: it ends what none of the limits inside has ended."""


class Notes:
    """Write a file's digest into `passed` as soon as its last test has passed."""

    def __init__(self, digests: dict[str, str]) -> None:
        self._digests = digests
        self._left: Counter[str] = Counter()
        self._failed: set[str] = set()

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Count the tests of each file."""
        self._left = Counter(_file(item.nodeid) for item in session.items)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note a file whose tests have all passed; one that was skipped has not."""
        file = _file(report.nodeid)
        if not report.passed:
            self._failed.add(file)
        if report.when == "teardown":
            self._left[file] -= 1
            if not self._left[file] and file not in self._failed:
                self._note(file)

    def _note(self, file: str) -> None:
        # What was changed meanwhile has not been tested.
        if covers.digest(file) == self._digests[file]:
            covers.write_passed(file, self._digests[file])


def main(arguments: Sequence[str]) -> int:
    """Run what is outdated, or all with `--all`; return pytest's status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--all", action="store_true", help="also what has passed as it is now")
    tests = list(covers.COVERS) if parser.parse_args(arguments).all else covers.outdated()
    if not tests:
        print("Nothing of what the tests of the virtual host cover has changed.")
        return 0
    os.chdir(covers.ROOT)
    paths = [f"{covers.FOLDER}/{test}" for test in tests]
    notes = Notes({test: covers.digest(test) for test in tests})
    return pytest.main(["--verbose", f"--timeout={TIMEOUT:.0f}", *paths], plugins=[notes])


def _file(nodeid: str) -> str:
    return nodeid.partition("::")[0].rpartition("/")[2]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
