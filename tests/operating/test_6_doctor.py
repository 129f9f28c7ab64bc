"""`inv doctor`: each link broken in turn; the command that it names mends it."""

import json
import subprocess
from collections.abc import Iterator

import pytest

from sandbox.host import down, up
from sandbox.running import Sandbox
from tests.sandbox.inv import Inv
from tests.sandbox.look import sh


def found(inv: Inv, **settings: str) -> dict[str, dict[str, str]]:
    """Return what is not right, by its link."""
    outcome = inv("doctor", "--json", **settings)
    findings = json.loads(outcome.output)
    wrong = {it["link"]: it for it in findings if it["level"] != "right"}
    assert outcome.status == any(it["level"] == "problem" for it in findings)
    return wrong


@pytest.fixture(scope="module")
def bare() -> Iterator[Inv]:
    up("t-doctor")
    yield Inv("t-doctor")
    down("t-doctor")


def test_nothing_is_wrong_on_a_host_that_runs(inv: Inv, hub: str) -> None:
    outcome = inv.ok("doctor")
    assert outcome.output.splitlines()[-1].startswith("✓ Nothing is wrong.")
    links = [line[2:15].strip() for line in outcome.output.splitlines() if line[:1] == "✓"]
    assert links[:5] == ["this machine", ".env", "SSH", "sudo", "system"]
    assert "registry" in links and "hub" in links and "members" in links


@pytest.mark.parametrize(
    ("link", "spoil"),
    [
        ("registry", "docker stop labhub-registry"),
        ("hub", "docker stop labhub-hub"),
        ("engine", "systemctl stop docker.socket docker.service"),
    ],
)
def test_what_stands_still_runs_again_by_the_command_that_is_named(
    host: Sandbox, inv: Inv, hub: str, link: str, spoil: str
) -> None:
    sh(host, spoil)
    it = found(inv)[link]
    assert it["level"] == "problem"
    assert it["mend"].split("; ")[-1] == "inv deploy"
    inv.ok("deploy")
    assert link not in found(inv)


def test_a_host_without_a_name_server(host: Sandbox, inv: Inv, hub: str) -> None:
    kept = sh(host, "cat /etc/resolv.conf; cp /etc/hosts /root/hosts; : > /root/none")
    # Both are mounted by the engine: their content is replaced, not they themselves.
    sh(host, "cat /root/none > /etc/resolv.conf; cat /root/none > /etc/hosts")
    try:
        assert "resolv.conf" in found(inv)["names"]["mend"]
    finally:
        sh(host, 'printf "%s\\n" "$1" > /etc/resolv.conf; cat /root/hosts > /etc/hosts', kept)
    assert "names" not in found(inv)


def test_a_bare_host_is_told_what_is_missing_and_who_has_the_port(bare: Inv) -> None:
    assert found(bare) == {
        "hub": {
            "link": "hub",
            "level": "notice",
            "said": "nothing is deployed here yet",
            "mend": "inv deploy",
        }
    }
    run = ["systemd-run", "--quiet", "--unit=other", "systemd-socket-activate", "-l", "80", "cat"]
    host = up("t-doctor")
    host.exec(run)
    try:
        sh(host, "until ss -Hltn 'sport = :80' | grep -q .; do sleep 0.1; done")
        assert "port 80 is taken by systemd-socket" in found(bare, HUB_PORT="80")["ports"]["said"]
    finally:
        host.exec(["systemctl", "stop", "other"])


@pytest.mark.parametrize(
    ("settings", "link", "said"),
    [
        ({"LAB_HOST": "no-such-host.invalid"}, "connection", "is not known"),
        ({"LAB_SUDO_PASSWORD": "wrong"}, "sudo", "refused the sudo password"),
        ({"LAB_KEY": "/dev/null"}, ".env", "LAB_KEY"),
    ],
)
def test_the_chain_ends_where_it_is_broken(
    inv: Inv, hub: str, settings: dict[str, str], link: str, said: str
) -> None:
    wrong = found(inv, **settings)
    assert said in wrong[link]["said"]
    assert "hub" not in wrong, "what cannot be asked is not judged"


def test_an_env_file_that_others_read(inv: Inv, hub: str) -> None:
    path = inv.root / f".env.{inv.lab}"
    path.chmod(0o644)
    mend = found(inv)[".env"]["mend"]
    subprocess.run(mend, shell=True, check=True, cwd=inv.root)
    assert ".env" not in found(inv)
