"""One virtual host and one file server for all; each test resumes the host in a frozen state."""

from collections.abc import Callable, Generator, Iterator
from functools import partial
from pathlib import Path

import pytest

from sandbox.vm.fileserver import FileServer
from sandbox.vm.machine import Machine
from sandbox.vm.states import States
from tests.sandbox.inv import Inv
from tests.vm.report import describe

NAME = "vm"
MACHINE = pytest.StashKey[Machine]()
KEPT = pytest.StashKey[tuple[str, str]]()
STOPPED = pytest.StashKey[str]()
"""In a module that is one story: the test at which it stopped."""


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
    request.session.stash[MACHINE] = machine
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


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Go on with no story that has failed."""
    if _is_story(item) and (where := _module(item).stash.get(STOPPED, None)):
        pytest.skip(f"the story stopped at {where}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let a failure show what the host says of itself; nothing goes on with a host that failed."""
    report = yield
    if report.failed:
        stash = item.session.stash
        if MACHINE in stash:
            report.sections.append((f"the host of {item.name}", describe(stash[MACHINE])))
        if KEPT in stash:
            del stash[KEPT]
        if _is_story(item):
            _module(item).stash.setdefault(STOPPED, item.name)
    return report


def _is_story(item: pytest.Item) -> bool:
    return "kept_by_module" in getattr(item, "fixturenames", ())


def _module(item: pytest.Item) -> pytest.Module:
    module = item.getparent(pytest.Module)
    assert module
    return module


def _resume_once(
    request: pytest.FixtureRequest, states: States, keeper: str, state: str
) -> Machine:
    stash = request.session.stash
    if stash.get(KEPT, None) == (keeper, state):
        return states.machine
    machine = states.resume(state)
    stash[KEPT] = (keeper, state)
    return machine
