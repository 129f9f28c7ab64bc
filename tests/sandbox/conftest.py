"""One sandbox host for all: bare at first, then deployed, then with an image in its registry."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.host import down, up
from sandbox.running import Sandbox
from tests.hub_client import HubClient
from tests.sample import make_sample
from tests.sandbox.inv import Inv, Outcome

PASSWORD = "electrons-2026"


@pytest.fixture(scope="session")
def host() -> Iterator[Sandbox]:
    down("test")
    yield up("test")
    down("test")


@pytest.fixture(scope="session")
def inv(host: Sandbox) -> Inv:
    return Inv("test")


@pytest.fixture(scope="session")
def first_deploy(inv: Inv) -> Outcome:
    """The deploy of the bare host; what comes after works on a running hub."""
    return inv.ok("deploy")


@pytest.fixture(scope="session")
def hub(host: Sandbox, first_deploy: Outcome) -> str:
    """The URL of a running hub."""
    return host.url


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A git repository of agfalta_tools with the tags 1.0, 1.1 and 1.2."""
    return make_sample(tmp_path_factory.mktemp("sample") / "agfalta_tools")


@pytest.fixture(scope="session")
def pushed(inv: Inv, hub: str, sample: Path) -> Outcome:
    """agfalta_tools 1.2 in the registry."""
    return inv.ok("push", "--tag", "1.2", AGFALTA_TOOLS_SOURCE=str(sample))


@pytest.fixture(scope="session")
def member(inv: Inv, hub: str) -> str:
    """A member with an account."""
    inv.ok("add-user", "--name", "alice", "--groups", "leem")
    return "alice"


@pytest.fixture
def browser(hub: str, member: str) -> HubClient:
    """A member's browser, logged in."""
    client = HubClient(hub)
    client.login(member, PASSWORD)
    return client
