"""One virtual host and one file server for all; each test resumes the host in a frozen state."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from sandbox.vm.fileserver import FileServer
from sandbox.vm.machine import Machine, disk_folder
from sandbox.vm.states import States
from tests.sandbox.inv import Inv

NAME = "vm"
KEPT = pytest.StashKey[tuple[str, str]]()


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FileServer]:
    """The file server; what it serves are folders of this machine."""
    server = FileServer(Path(tmp_path_factory.mktemp("fileserver")))
    yield server
    server.close()


@pytest.fixture(scope="session")
def states(files: FileServer) -> Iterator[States]:
    machine = Machine(NAME, disk_folder())
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
    """Resume a host for the first test of a module; each goes on where the one before ended."""
    return partial(_resume_once, request, states, request.node.path.name)


def _resume_once(
    request: pytest.FixtureRequest, states: States, keeper: str, state: str
) -> Machine:
    stash = request.session.stash
    if stash.get(KEPT, None) == (keeper, state):
        return states.machine
    machine = states.resume(state)
    stash[KEPT] = (keeper, state)
    return machine
