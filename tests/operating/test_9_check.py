"""`inv check`: a member's session on a host, what it finds, and that a release without one goes."""

import json
from pathlib import Path

import pytest

from sandbox.running import Sandbox
from tests.hub_client import HubClient
from tests.sandbox.cuts import CUT
from tests.sandbox.images import until
from tests.sandbox.inv import Inv
from tests.sandbox.look import CURRENT, inspect, sh

# What there is of accounts, containers and the hub's members, but for what time changes.
TRACES = """\
getent passwd; getent group; ls -A /home; cat /etc/subuid; docker ps --all --format '{{.Names}}'
docker exec labhub-hub python -m labhub.operate report | tr ',{' '\\n\\n' | grep -v last_activity
"""

pytestmark = pytest.mark.usefixtures("pushed", "member")


def found(inv: Inv) -> dict[str, str]:
    """Return what is not right, by its link."""
    outcome = inv("check", "--json")
    findings = {it["link"]: it for it in json.loads(outcome.output)}
    wrong = {link: it["said"] for link, it in findings.items() if it["level"] != "right"}
    assert outcome.status == bool(wrong)
    return wrong


def test_a_session_is_had_and_nothing_of_it_stays(host: Sandbox, inv: Inv) -> None:
    before = sh(host, TRACES)
    output = inv.ok("check").output
    links = [line[2:15].strip() for line in output.splitlines() if line[:1] == "✓"]
    assert links[1:] == ["sign in", "lab", "kernel", "account", "limits", "closed", "Nothing is wr"]
    assert "agfalta_tools:" in output and "4 GB of memory, 2 cores, 512 processes" in output
    assert sh(host, TRACES) == before
    assert "inv check" in inv.ok("audit", "--lines", "1").output


def test_what_a_lab_has_is_compared_with_env(host: Sandbox, inv: Inv) -> None:
    limits = "/etc/labhub/hub/limits.json"
    sh(host, f"sed -i 's/4G/1G/' {limits}")
    try:
        assert "1073741824 bytes of memory" in found(inv)["limits"]
        # Onto a network on which the registry is, a lab would reach it.
        sh(host, "docker network connect --alias registry labhub-labs labhub-registry")
        assert "registry:5000" in found(inv)["closed"]
    finally:
        sh(host, "docker network disconnect labhub-labs labhub-registry")
        inv.ok("deploy")
    assert found(inv) == {}


def test_a_check_that_is_cut_off_leaves_nothing(host: Sandbox, inv: Inv) -> None:
    before = sh(host, TRACES)
    with inv.begin("check") as task:
        assert until(lambda: "lab-labcheck" in sh(host, "docker ps --format '{{.Names}}'"), 60)
        sh(host, CUT)
        _, errors = task.communicate(timeout=60)
    assert task.returncode == 1 and "Run the task again" in errors
    assert until(lambda: sh(host, TRACES) == before, 60)


def test_a_hub_that_gives_no_labs_is_told_in_one_sentence(host: Sandbox, inv: Inv) -> None:
    sh(host, "docker stop labhub-registry")
    try:
        said = inv.fails("check")
    finally:
        inv.ok("deploy")
    assert "Read the versions: the registry does not answer" in said


@pytest.fixture(scope="module")
def broken(inv: Inv, tmp_path_factory: pytest.TempPathFactory) -> Inv:
    """A checkout whose hub is well, and can start no lab."""
    copy = inv.in_copy(tmp_path_factory.mktemp("broken") / "labhub")
    config = copy.root / "compose/hub/jupyterhub_config.py"
    config.write_text(config.read_text().replace('"labhub-labs"', '"no-such-network"'))
    return copy


def test_a_release_in_which_no_lab_starts_goes_and_labs_go_on(
    host: Sandbox, inv: Inv, broken: Inv, browser: HubClient
) -> None:
    browser.spawn("agfalta_tools:1.2")
    try:
        before, lab = sh(host, CURRENT), inspect(host, "lab-alice")["State"]["StartedAt"]
        said = broken.fails("deploy")
        assert said.startswith("The new release does not pass its check:")
        assert "Start a lab: " in said and said.endswith("which ran before, runs again.")
        assert sh(host, CURRENT) == before
        assert inspect(host, "lab-alice")["State"]["StartedAt"] == lab and browser.is_running()
    finally:
        browser.stop()
    assert "nothing was changed" in inv.ok("deploy").output
    assert found(inv) == {}


def test_who_believes_in_a_release_deploys_it_unchecked(
    host: Sandbox, inv: Inv, broken: Inv
) -> None:
    try:
        broken.ok("deploy", "--no-check")
        assert "Start a lab" in inv.fails("check")
    finally:
        inv.ok("deploy")


def test_nobody_can_be_called_like_the_check(inv: Inv, tmp_path: Path) -> None:
    names = tmp_path / "names"
    names.write_text("labcheck\n")
    assert "is who `inv check` is" in inv.fails("add-user", "--file", str(names))
