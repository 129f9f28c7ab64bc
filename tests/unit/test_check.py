"""What a session met, judged against `.env`."""

import json
import socket
from dataclasses import replace
from pathlib import Path

import pytest
from labhub import incell

from ops.check.judge import Wanted, judge, wanted_of
from ops.check.session import UID, Session, have_session, parse_session
from ops.errors import FactError, UsageError
from ops.findings import Finding, Level
from ops.members.accounts import read_members
from ops.names import CHECK
from ops.remote.command import render_step
from ops.settings.config import Config, parse

SHARES = """
SMB_USER=nas
SMB_PASSWORD=x
MOUNT_DATA=//nas/data ro
MOUNT_LEEM=//nas/leem rw group=leem
"""
LAB = {
    "uid": UID,
    "gid": UID,
    "groups": [100, 1001, UID],
    "home": "/home/jupyter-labcheck",
    "is_home_writable": True,
    "limits": {"memory": ["4294967296"], "cpu": ["200000", "100000"], "processes": ["512"]},
    "shares": {
        "/mnt/data": {"read": "", "write": "Read-only file system"},
        "/mnt/leem": {"read": "", "write": ""},
    },
    "open": [],
    "has_docker": False,
}
MET = {
    "image": "agfalta_tools:latest",
    "away": [],
    "seconds": {"Sign in": 0.4, "Start a lab": 5.2, "Run a cell": 1.1},
    "lab": LAB,
}
SESSION = parse_session({"session": json.dumps({"groups": f"{UID} 100 1001", "session": MET})})


def config(more: str = "") -> Config:
    return parse(f"LAB_HOST=x\n{SHARES}{more}", ".env", {})


def found(session: Session = SESSION, more: str = "") -> dict[str, Finding]:
    return {it.link: it for it in judge(session, wanted_of(config(more)))}


def with_lab(**changes: object) -> Session:
    return replace(SESSION, lab=LAB | changes)


def test_all_is_right_where_a_lab_is_what_env_says() -> None:
    links = found()
    assert {it.level for it in links.values()} == {Level.RIGHT}
    assert list(links) == [
        *("sign in", "lab", "kernel", "account", "limits", "closed", "data", "leem")
    ]
    assert links["limits"].said == "4 GB of memory, 2 cores, 512 processes"


@pytest.mark.parametrize(
    ("changes", "link", "said"),
    [
        ({"uid": 0}, "account", "uid 0"),
        ({"groups": [UID, 100]}, "account", "groups"),
        ({"is_home_writable": False}, "account", "cannot be written"),
        ({"open": ["registry:5000"]}, "closed", "reaches registry:5000"),
        ({"has_docker": True}, "closed", "engine's socket"),
        ({"limits": LAB["limits"] | {"memory": ["max"]}}, "limits", "has none"),  # type: ignore[operator]
        ({"limits": LAB["limits"] | {"cpu": ["-1", "100000"]}}, "limits", "-1e-05 cores"),  # type: ignore[operator]
        ({"limits": {}}, "limits", "has none"),
        ({"shares": {}}, "data", "not offered"),
    ],
)
def test_what_is_not_is_a_problem(changes: dict[str, object], link: str, said: str) -> None:
    it = found(with_lab(**changes))[link]
    assert it.level is Level.PROBLEM and said in it.said and it.mend


@pytest.mark.parametrize(
    ("target", "used", "said"),
    [
        ("data", {"read": "", "write": ""}, "should be read-only; writing: works"),
        ("data", {"read": "Host is down", "write": ""}, "cannot be read: Host is down"),
        ("leem", {"read": "", "write": "Permission denied"}, "cannot be written"),
    ],
)
def test_a_share_with_other_rights_is_a_problem(
    target: str, used: dict[str, str], said: str
) -> None:
    shares = LAB["shares"] | {f"/mnt/{target}": used}  # type: ignore[operator]
    assert said in found(with_lab(shares=shares))[target].said


def test_a_share_that_is_away_is_one_finding() -> None:
    it = found(replace(SESSION, away=frozenset({"data"})))["data"]
    assert it.level is Level.PROBLEM and "away" in it.said


def test_the_limits_are_those_of_its_groups() -> None:
    wanted = wanted_of(config("MEMORY_LIMIT=4G @leem=16G @xps=32G\nCPU_LIMIT=2 @leem=0.5\n"))
    assert wanted == Wanted(16 * 1024**3, 0.5, 512, config().mounts)
    assert found(more="PROCESS_LIMIT=100\n")["limits"].level is Level.PROBLEM


def test_without_a_version_there_is_nothing_to_start() -> None:
    session = replace(SESSION, image="", lab={}, seconds={"Sign in": 1.0})
    links = found(session)
    assert [it.level for it in links.values()] == [Level.RIGHT, Level.NOTICE]


def test_no_member_can_be_called_like_it() -> None:
    with pytest.raises(UsageError, match="is who `inv check` is"):
        read_members([CHECK], "", "")


def test_the_script_is_shell_and_no_result_is_a_sentence() -> None:
    (step,) = have_session(config().mounts).steps
    assert "labcheck" in str(step)
    assert " users leem" in render_step(step)
    with pytest.raises(FactError, match="run it again"):
        parse_session({"session": ""})


def test_a_lab_is_seen_from_inside(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        seen = incell.look([str(tmp_path), "/proc/none"], [("127.0.0.1", port), ("127.0.0.1", 1)])
    assert seen["open"] == [f"127.0.0.1:{port}"]
    assert seen["shares"][str(tmp_path)] == {"read": "", "write": ""}
    assert "No such" in seen["shares"]["/proc/none"]["read"]
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "memory.max").write_text("4294967296\n")
    (tmp_path / "cpu.max").write_text("200000 100000\n")
    first = {"memory": ["4294967296"], "cpu": ["200000", "100000"], "processes": []}
    assert incell.limits(tmp_path) == first
