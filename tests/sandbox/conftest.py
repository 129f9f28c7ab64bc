"""The stories on sandbox hosts: each file is one, with a host of its own, in the state it names.

What a test leaves behind, the next one of its story finds; so a story stops at its first failure.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.inv import Inv
from sandbox.running import Sandbox
from tests.hub_client import HubClient
from tests.sample import make_sample
from tests.sandbox.small import small_checkout
from tests.sandbox.states import States
from tests.stories import host_speaks

PASSWORD = "electrons-2026"


@pytest.fixture(scope="module")
def host(request: pytest.FixtureRequest, states: States) -> Iterator[Sandbox]:
    """The host of a story: in the state `STATE` of its file, bare where that is None."""
    name = request.path.stem.replace("test_", "t-")
    state = request.module.STATE
    with states.host(name, state) as running, host_speaks(request.config, running.diagnose):
        yield running


@pytest.fixture(scope="module")
def inv(
    request: pytest.FixtureRequest, host: Sandbox, tmp_path_factory: pytest.TempPathFactory
) -> Inv:
    """The tasks, for the host; where its lab image is a small one, they go on making that."""
    here = Inv(host.layout.name)
    if request.module.STATE != "labs":
        return here
    return small_checkout(here, tmp_path_factory.mktemp("small") / "checkout")


@pytest.fixture
def hub(host: Sandbox) -> str:
    """The URL of a running hub."""
    return host.url


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A git repository of agfalta_tools with the tags 1.0, 1.1 and 1.2."""
    return make_sample(tmp_path_factory.mktemp("sample") / "agfalta_tools")


@pytest.fixture
def browser(hub: str) -> HubClient:
    """A member's browser, logged in."""
    client = HubClient(hub)
    client.login("alice", PASSWORD)
    return client
