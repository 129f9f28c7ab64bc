"""The sandbox host of a story: bare, then deployed, then with an image and a member."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from sandbox.host import down, up
from sandbox.running import Sandbox
from tests.hub_client import HubClient
from tests.sandbox.inv import Inv, Outcome

PASSWORD = "electrons-2026"


def fixtures(name: str) -> SimpleNamespace:
    """Return the fixtures of a story that has a sandbox host of this name to itself."""

    @pytest.fixture(scope="session")
    def host() -> Iterator[Sandbox]:
        down(name)
        yield up(name)
        down(name)

    @pytest.fixture(scope="session")
    def inv(host: Sandbox) -> Inv:
        return Inv(name)

    @pytest.fixture(scope="session")
    def first_deploy(inv: Inv) -> Outcome:
        """The deploy of the bare host; what comes after works on a running hub."""
        return inv.ok("deploy")

    @pytest.fixture(scope="session")
    def hub(host: Sandbox, first_deploy: Outcome) -> str:
        """The URL of a running hub."""
        return host.url

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

    found = {key: it for key, it in locals().items() if key != "name"}
    return SimpleNamespace(**found)
