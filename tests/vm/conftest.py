"""One virtual host and one file server for all; each test resumes the host in a frozen state."""

from collections.abc import Callable, Iterator
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
def hub(states: States) -> Machine:
    """A host with a running hub and a lab image, alice (of the group leem) and bob; no mounts."""
    return states.resume("hub")


@pytest.fixture
def kept(request: pytest.FixtureRequest, states: States) -> Callable[[str], Machine]:
    """Resume a host for the first of a test's parameters; each leaves it as it was for the next."""

    def resume(state: str) -> Machine:
        test = request.node.originalname
        stash = request.session.stash
        if stash.get(KEPT, None) == (test, state):
            return states.machine
        stash[KEPT] = (test, state)
        return states.resume(state)

    return resume
