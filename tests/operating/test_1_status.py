"""`inv status` and `inv labs`: what is right and what is not, each on the host that it is about."""

import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.running import Sandbox
from tests.sandbox.inv import Inv, Outcome
from tests.sandbox.look import count_sessions, sh


def findings(inv: Inv) -> list[str]:
    """Return what needs attention, as programs read it."""
    outcome = inv("status", "--json")
    found = json.loads(outcome.output)
    assert outcome.status == (1 if found["findings"] else 0)
    return list(found["findings"])


@pytest.fixture(autouse=True)
def deployed(inv: Inv, hub: str) -> Iterator[None]:
    yield
    inv.ok("deploy")


def test_one_session_tells_that_everything_is_right(host: Sandbox, inv: Inv, hub: str) -> None:
    before = count_sessions(host)
    outcome = inv.ok("status")
    assert count_sessions(host) == before + 1
    assert outcome.output.splitlines()[-1] == "✓ Everything is right."
    for line in ("hub       ✓ healthy  6.", "proxy     ✓ healthy  5.", "registry  ✓ healthy  2."):
        assert line in outcome.output
    assert "Debian GNU/Linux 13" in outcome.output and "registry " in outcome.output
    assert f"  {hub}" in outcome.output


def test_a_lab_that_runs_is_shown(inv: Inv, pushed: Outcome, browser: object) -> None:
    browser.spawn("agfalta_tools:1.2")  # type: ignore[attr-defined]
    try:
        (lab,) = json.loads(inv.ok("status", "--json").output)["labs"]
        assert (lab["member"], lab["image"], lab["is_busy"]) == ("alice", "agfalta_tools:1.2", True)
        assert "iB / 4GiB" in lab["memory"] and lab["cpu"].endswith("%")
        assert "busy" in inv.ok("status").output
    finally:
        browser.stop()  # type: ignore[attr-defined]


def test_what_is_stopped_is_named_with_the_next_step(host: Sandbox, inv: Inv) -> None:
    sh(host, "docker stop labhub-registry")
    (stopped, drift) = findings(inv)
    assert stopped.startswith("Not healthy: registry (stopped). inv deploy")
    assert "Start registry and wait until the hub answers" in drift


def test_an_engine_that_is_down_does_not_hold_the_page_up(host: Sandbox, inv: Inv) -> None:
    sh(host, "systemctl stop docker.socket docker.service")
    began = time.monotonic()
    assert "Docker Engine does not answer: inv deploy starts it" in findings(inv)
    assert time.monotonic() - began < 15


def test_what_somebody_changed_by_hand_is_drift(host: Sandbox, inv: Inv) -> None:
    sh(host, "echo '{}' > /etc/labhub/hub/limits.json")
    (drift,) = findings(inv)
    assert "inv deploy would:\n    Set the limits of labs" in drift


def test_watching_ends_with_ctrl_c_and_without_an_error(inv: Inv) -> None:
    with inv.begin("status", "--watch") as watching:
        assert watching.stdout
        seen = 0
        for line in watching.stdout:
            seen += line.startswith("✓ Everything is right.")
            if seen == 2:
                break
        os.kill(watching.pid, signal.SIGINT)
        _, errors = watching.communicate(timeout=20)
        assert (watching.returncode, errors) == (0, "")


def test_all_labs_of_the_folder_are_asked_and_a_wrong_one_is_a_line(
    inv: Inv, tmp_path: Path
) -> None:
    folder = inv.in_copy(tmp_path / "labhub")
    nowhere = "LAB_HOST=127.0.0.1\nLAB_PORT=9\nLAB_USER=nobody\n"
    (folder.root / ".env.t-nowhere").write_text(nowhere)
    (folder.root / ".env.t-broken").write_text("HUB_PORT=often\n")
    outcome = folder("labs", "--json")
    assert outcome.status == 1
    found = {it["name"]: it for it in json.loads(outcome.output)}
    assert found[inv.lab]["findings"] == []
    assert "127.0.0.1" in found["t-nowhere"]["findings"][0]
    assert "HUB_PORT" in found["t-broken"]["findings"][0]
    shown = folder("labs")
    assert shown.status == 1
    assert "t-broken" in shown.output and "✗ The configuration is not valid" in shown.output
