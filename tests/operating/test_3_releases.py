"""`inv releases` and `inv rollback`: back to what ran, with everybody's notebooks running on."""

import re

from sandbox.running import Sandbox
from tests.hub_client import HubClient
from tests.sandbox.inv import Inv, Outcome
from tests.sandbox.look import CURRENT, inspect, sh, started, touched


def test_back_and_forth_while_a_notebook_runs(
    host: Sandbox, inv: Inv, pushed: Outcome, browser: HubClient, hub: str
) -> None:
    before = sh(host, CURRENT)
    inv.ok("deploy", LAB_NAME="The lab of tomorrow")
    after = sh(host, CURRENT)
    assert before != after
    browser.spawn("agfalta_tools:1.2")
    lab = inspect(host, "lab-alice")["State"]["StartedAt"]
    try:
        services = started(host)
        outcome = inv.ok("rollback")
        assert outcome.changes == [f"Go back to release {before} and wait until its hub answers"]
        assert sh(host, CURRENT) == before
        assert touched(services, started(host)) == {"hub"}
        assert "The lab of tomorrow" not in HubClient(hub).session.get(f"{hub}/hub/login").text
        assert browser.is_running()
        assert inspect(host, "lab-alice")["State"]["StartedAt"] == lab

        shown = inv.ok("releases").output
        assert re.search(rf"^{before} .* runs$", shown, re.MULTILINE)
        assert re.search(rf"^{after} +2\d\d\d-", shown, re.MULTILINE)
        assert "nothing was changed" in inv.ok("rollback", "--to", before).output
        inv.ok("rollback", "--to", after[:8])
        assert sh(host, CURRENT) == after and browser.is_running()
    finally:
        browser.stop()
        inv.ok("deploy")
    assert sh(host, CURRENT) == before


def test_a_release_that_does_not_start_is_left_again(host: Sandbox, inv: Inv, hub: str) -> None:
    before = sh(host, CURRENT)
    broken = "/opt/labhub/releases/0broken"
    sh(host, 'cp -a "$(readlink -f /opt/labhub/current)" "$1"', broken)
    spoil = 'sed -i \'s/^  hub:$/  hub:\\n    command: ["false"]/\' "$1/compose.yaml"'
    sh(host, spoil, broken)
    try:
        said = inv.fails("rollback", "--to", "0broken")
        assert "The release before it was put back and runs." in said
        assert sh(host, CURRENT) == before
        assert HubClient(hub).session.get(f"{hub}/hub/login").status_code == 200
    finally:
        sh(host, 'rm -rf "$1"', broken)
    assert "nothing was changed" in inv.ok("deploy").output


def test_what_is_not_there_cannot_be_gone_back_to(inv: Inv, hub: str) -> None:
    assert "inv releases shows what there is" in inv.fails("rollback", "--to", "nothing")
