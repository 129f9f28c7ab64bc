"""What all tests share: the order in which stories begin, and the folder of a run."""

import os
import shutil
from pathlib import Path
from tempfile import mkdtemp

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling
from xdist.workermanage import WorkerController

from tests.sandbox.states import States

pytest_plugins = ["tests.stories"]
RUN = "LABHUB_TEST_RUN"
"""The variable that names the run's folder to the processes that do the work."""
FIRST = (
    *("sandbox/test_deploy.py", "sandbox_host/test_base.py", "unit", "hub"),
    *("sandbox_host/test_host.py", "sandbox/test_connection.py", "sandbox/test_image.py"),
    *("sandbox/test_idle.py", "sandbox/test_together.py", "sandbox/test_push.py"),
    *("sandbox/test_packages.py", "sandbox/test_older_python.py", "sandbox_host/test_engine.py"),
    *("sandbox/test_publisher.py", "sandbox/test_work.py", "sandbox/test_mounts.py"),
    *("sandbox/test_day.py", "sandbox/test_forget.py", "sandbox/test_members.py"),
)
"""What begins first: the story that makes the state which others wait for, then what needs a bare
host or none, then the others, the longest first.

Behind a story of one test the next is lined up at once: it is to be a short one."""


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


@pytest.fixture(scope="session")
def states() -> States:
    """The states that hosts begin from."""
    return States(Path(os.environ[RUN]))
