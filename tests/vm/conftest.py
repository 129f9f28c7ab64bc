"""One virtual host and one file server for all; each test resumes the host in a frozen state."""

from collections.abc import Callable, Generator, Iterator
from functools import partial
from pathlib import Path

import pytest

from sandbox.inv import Inv
from sandbox.vm.fileserver import FileServer
from sandbox.vm.machine import Machine
from sandbox.vm.states import States
from tests.stories import host_speaks

NAME = "vm"
KEPT = pytest.StashKey[tuple[str, str]]()


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FileServer]:
    """The file server; what it serves are folders of this machine."""
    server = FileServer(Path(tmp_path_factory.mktemp("fileserver")))
    yield server
    server.close()


@pytest.fixture(scope="session")
def states(request: pytest.FixtureRequest, files: FileServer) -> Iterator[States]:
    """All frozen hosts; where another run has a virtual host, that is said and waited for."""
    with request.config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
        machine = Machine(NAME)
    with host_speaks(request.config, machine.diagnose):
        yield States(machine, files)
    machine.close()


@pytest.fixture(scope="session")
def inv(states: States) -> Inv:
    return Inv(NAME)


@pytest.fixture
def bare(states: States) -> Machine:
    """A host on which nothing of ours is."""
    return states.resume("bare")


@pytest.fixture
def mounted(states: States) -> Machine:
    """A host with the shares data (ro), analysis (rw) and leem (rw, for its group), and members."""
    return states.resume("mounted")


@pytest.fixture
def kept(request: pytest.FixtureRequest, states: States) -> Callable[[str], Machine]:
    """Resume a host for the first of a test's parameters; each leaves it as it was for the next."""
    return partial(_resume_once, request, states, request.node.originalname)


@pytest.fixture
def kept_by_module(request: pytest.FixtureRequest, states: States) -> Callable[[str], Machine]:
    """Resume a host for the first test of a module; each goes on where the one before ended.

    So the module is one story, which stops at its first failure.
    """
    return partial(_resume_once, request, states, request.node.path.name)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Go on with no host on which something has failed."""
    report = yield
    if report.failed and KEPT in item.session.stash:
        del item.session.stash[KEPT]
    return report


def _resume_once(
    request: pytest.FixtureRequest, states: States, keeper: str, state: str
) -> Machine:
    stash = request.session.stash
    if stash.get(KEPT, None) == (keeper, state):
        return states.machine
    machine = states.resume(state)
    stash[KEPT] = (keeper, state)
    return machine
