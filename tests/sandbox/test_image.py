"""The lab image as members get it: built from nothing, with all that a lab works with."""

import subprocess
from pathlib import Path

import pytest

from sandbox.inv import Inv
from sandbox.running import Sandbox
from tests.hub_client import HubClient
from tests.sandbox.conftest import PASSWORD

STATE = "deployed"
FEATURES = Path(__file__).parents[1] / "sample" / "lab_features.py"


@pytest.fixture(scope="module")
def pushed(inv: Inv, sample: Path) -> None:
    """agfalta_tools 1.2 in the registry."""
    inv.ok("push", "--tag", "1.2", AGFALTA_TOOLS_SOURCE=str(sample))


def test_the_image_holds_what_a_lab_works_with(pushed: None, host: Sandbox) -> None:
    with FEATURES.open() as script:
        done = subprocess.run(
            [
                *("docker", "exec", "-i", host.layout.container, "docker", "run", "-i", "--rm"),
                *("--user", "54321:100", "--env", "HOME=/tmp/home"),
                *("localhost:5000/agfalta_tools:1.2", "python", "-"),
            ],
            stdin=script,
            capture_output=True,
            text=True,
        )
    assert done.returncode == 0, done.stderr
    for feature in ("bytes of PNG", "bytes of MP4", "ipympl", "python3"):
        assert feature in done.stdout


def test_a_lab_of_it_starts_and_computes(pushed: None, inv: Inv, hub: str, host: Sandbox) -> None:
    inv.ok("add-user", "--name", "alice")
    alice = HubClient(hub)
    alice.login("alice", PASSWORD)
    alice.spawn("agfalta_tools:1.2")
    code = "from agfalta_tools import iv; print(iv.normalise([1, 2, 3]).mean())"
    assert alice.run_cell(code).text == "1.0\n"
