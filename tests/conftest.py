"""What all tests share: stories that stop at their first failure, and the folder of a run."""

import os
import shutil
from collections.abc import Generator
from pathlib import Path
from tempfile import mkdtemp

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling
from xdist.workermanage import WorkerController

from sandbox.diagnosis import diagnose
from sandbox.running import Sandbox
from tests.sandbox.states import States

RUN = "LABHUB_TEST_RUN"
"""The variable that names the run's folder to the processes that do the work."""
HOSTS = ("host", "bare", "machine")
"""The fixtures that are a host which the tests of a file share."""
FIRST = (
    *("sandbox/test_deploy.py", "sandbox_host/test_base.py", "unit", "hub"),
    *("sandbox_host/test_host.py", "sandbox/test_connection.py", "sandbox/test_image.py"),
    *("sandbox/test_idle.py", "sandbox/test_members.py"),
    *("sandbox/test_mounts.py", "sandbox/test_day.py"),
)
"""What begins first: the story that makes the state which others wait for, then what needs a bare
host or none, then the others, the longest first.

Behind a story of one test the next is lined up at once: it is to be a short one."""
_ended = pytest.StashKey[dict[str, str]]()


def story_of(item: pytest.Item) -> str | None:
    """Name the story that a test belongs to: those of one file, where they share a host."""
    file = item.nodeid.partition("::")[0]
    return file if file.startswith("tests/sandbox") and host_of(item) else None


def host_of(item: pytest.Item) -> str | None:
    """Name the fixture by which a test has its host."""
    return next((name for name in HOSTS if name in getattr(item, "fixturenames", ())), None)


class Stories(LoadFileScheduling):  # type: ignore[misc]
    """Give out a file when the one before is as good as done: what waits behind it waits long."""

    def _reschedule(self, node: WorkerController) -> None:
        if not (self.workqueue and self._pending_of(self.assigned_work[node]) > 1):
            super()._reschedule(node)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Stories:
    """Let `make test` run several stories at once."""
    return Stories(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests in the order in which their files are begun."""
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> int:
    begins = (item.nodeid.startswith(f"tests/{first}") for first in FIRST)
    return next((turn for turn, is_it in enumerate(begins) if is_it), len(FIRST))


def pytest_configure(config: pytest.Config) -> None:
    """Make the folder of the run, once for all its processes."""
    config.stash[_ended] = {}
    if not hasattr(config, "workerinput"):
        os.environ[RUN] = mkdtemp(prefix="labhub-tests-")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what had to be made once more: it went well, and is worth a look."""
    if remarks := States(Path(os.environ[RUN])).remarks:
        terminalreporter.section("made once more")
        terminalreporter.write_line(remarks)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove what the run has kept."""
    if not hasattr(config, "workerinput") and (run := os.environ.pop(RUN, None)):
        try:
            States(Path(run)).remove_hosts()
        finally:
            shutil.rmtree(run, ignore_errors=True)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Stop a story at its first failure: what comes after it would tell of that one again."""
    if first := item.config.stash[_ended].get(story_of(item) or ""):
        pytest.skip(f"the story ended with {first}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Tell with a failure what the host of its story says."""
    report = yield
    story = story_of(item)
    if report.failed and story:
        item.config.stash[_ended].setdefault(story, item.name)
        host = getattr(item, "funcargs", {}).get(host_of(item))
        if isinstance(host, Sandbox):
            report.sections.append((f"what {host.layout.alias} says", diagnose(host)))
    return report


@pytest.fixture(scope="session")
def states() -> States:
    """The states that hosts begin from."""
    return States(Path(os.environ[RUN]))
