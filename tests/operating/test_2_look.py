"""`inv logs`, `audit`, `ssh` and `exec`, on pipes and on a real terminal."""

import json
import os
import pty
import re
import select
import signal
import time

import pytest

from sandbox.running import Sandbox
from tests.hub_client import HubClient
from tests.sandbox.inv import Inv, Outcome
from tests.sandbox.look import sh


def on_terminal(inv: Inv, words: list[str], typed: list[tuple[str, str]], seconds: float) -> str:
    """Run a task on a terminal; type each answer when its prompt has been seen."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(inv.root)
        os.execve(inv.command()[0], inv.command(*words), inv.environment(TERM="dumb"))
    seen, end = "", time.monotonic() + seconds
    rest = list(typed)
    while time.monotonic() < end:
        if rest and rest[0][0] in seen:
            os.write(terminal, rest.pop(0)[1].encode())
        ready, _, _ = select.select([terminal], [], [], 0.2)
        if not ready:
            continue
        try:
            data = os.read(terminal, 4096)
        except OSError:
            break
        if not data:
            break
        seen += data.decode(errors="replace")
    else:
        os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    assert os.waitstatus_to_exitcode(status) == 0, seen
    return seen


def test_the_log_of_each_service(inv: Inv, hub: str) -> None:
    shown = inv.ok("logs", "--lines", "5").output.splitlines()
    assert 0 < len(shown) <= 5
    assert "JupyterHub is now running" in inv.ok("logs", "--grep", "now running").output
    inv.ok("logs", "--service", "proxy")
    assert inv.ok("logs", "--service", "registry", "--lines", "3").output.strip()
    assert inv.ok("logs", "--since", "1s", "--grep", "no such line").output == ""


def test_following_shows_what_is_added_and_ctrl_c_leaves_nothing(
    host: Sandbox, inv: Inv, hub: str
) -> None:
    with inv.begin("logs", "--follow", "--grep", "ghost-of-a-page") as following:
        assert following.stdout
        time.sleep(3)
        HubClient(hub).session.get(f"{hub}/hub/ghost-of-a-page?token=very-secret", timeout=10)
        line = following.stdout.readline()
        assert "token=[REDACTED]" in line and "very-secret" not in line
        os.kill(following.pid, signal.SIGINT)
        _, errors = following.communicate(timeout=20)
        assert (following.returncode, errors) == (0, "")
    end = time.monotonic() + 15
    while "docker logs" in sh(host, "ps -eo args"):
        assert time.monotonic() < end, "a reader was left behind"
        time.sleep(0.5)


def test_the_lab_of_a_member_and_what_is_left_of_one_that_died(
    host: Sandbox, inv: Inv, pushed: Outcome, browser: HubClient
) -> None:
    assert "has no lab" in inv.fails("logs", "--user", "ghost")
    browser.spawn("agfalta_tools:1.2")
    assert "ServerApp" in inv.ok("logs", "--user", "alice", "--lines", "50").output
    ran = inv.ok("exec", "--user", "alice", "--command", "id -un; pwd; echo $((6 * 7))")
    assert ran.output.split() == ["jupyter-alice", "/home/jupyter-alice", "42"]
    assert inv("exec", "--user", "alice", "--command", "exit 7").status == 7
    said = inv.ok("audit", "--lines", "1").output
    assert "inv exec" in said and "Run exit in the lab of alice" in said

    typed = [("[sudo]", "lab-sudo\n"), ("$", "id -un; exit\n")]
    assert "jupyter-alice" in on_terminal(inv, ["exec", "--user", "alice"], typed, 30)
    assert "Enter lab-alice" in inv.ok("audit", "--lines", "1").output

    sh(host, "docker kill lab-alice")
    shown = inv.ok("logs", "--user", "alice").output
    assert re.match(r"\(it ended at \d{4}-\d\d-\d\d [\d:]+; this is its last log\)\n", shown)
    assert "ServerApp" in shown
    assert "has no lab that runs" in inv.fails("exec", "--user", "alice", "--command", "id")


def test_a_shell_on_the_host(inv: Inv, host: Sandbox) -> None:
    seen = on_terminal(inv, ["ssh"], [("$", "hostname; tty; exit\n")], 30)
    assert host.alias in seen and "/dev/pts/" in seen


def test_who_did_what_is_told_from_the_host(inv: Inv, hub: str) -> None:
    entries = json.loads(inv.ok("audit", "--json", "--grep", "inv deploy", "--lines", "500").output)
    first = entries[0]
    assert first["task"] == "inv deploy" and "@" in first["who"]
    assert all({"when", "what", "failed"} == set(change) for change in first["changes"])
    assert "nothing like that" in inv.ok("audit", "--grep", "never done").output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["logs", "--since", "noon"], "a while such as 30m"),
        (["logs", "--service", "database"], "There is no service 'database'"),
        (["audit", "--grep", "("], "is no regular expression"),
        (["exec", "--user", "Ä"], "Ä"),
    ],
)
def test_what_cannot_be_is_one_sentence(inv: Inv, words: list[str], said: str) -> None:
    sentence = inv.fails(*words)
    assert said in sentence and "\n" not in sentence
