"""`inv add-user`: accounts that the running hub knows at once."""

import re
from pathlib import Path

import pytest

from ops.console import ask_password
from ops.members.facts import ACCOUNTS, parse_accounts
from ops.members.operation import Member, ensure_members
from ops.plan.command import Change
from ops.plan.question import Answers
from ops.remote.apply import converge, order
from ops.remote.host import Host
from ops.settings.config import load
from sandbox.inv import Inv
from sandbox.layout import ROOT
from sandbox.running import Sandbox
from tests.hub_client import HubClient, LoginError
from tests.sandbox.conftest import PASSWORD
from tests.sandbox.look import count_sessions, inspect, sh

STATE = "deployed"
NEW = ("kim", "lee")


def test_a_member_added_while_the_hub_runs_logs_in_at_once(
    inv: Inv, host: Sandbox, hub: str
) -> None:
    with pytest.raises(LoginError):
        HubClient(hub).login("bob", "the squatter's password")
    before = inspect(host, "labhub-hub")["State"]["StartedAt"]
    outcome = inv.ok("add-user", "--name", "bob", "--groups", "leem,xps")
    assert outcome.changes == [
        "Create the group leem",
        "Create the group xps",
        "Create the account jupyter-bob with home /home/jupyter-bob",
    ]
    assert hub in outcome.output
    HubClient(hub).login("bob", PASSWORD)
    assert inspect(host, "labhub-hub")["State"]["StartedAt"] == before


def test_account_home_and_groups_are_as_they_should_be(inv: Inv, host: Sandbox, hub: str) -> None:
    inv.ok("add-user", "--name", "bob", "--groups", "leem")
    assert sh(host, "stat -c '%a %U %G' /home/jupyter-bob") == "700 jupyter-bob jupyter-bob"
    groups = sh(host, "id -Gn jupyter-bob").split()
    assert {"jupyter-bob", "users", "leem"} <= set(groups)
    assert sh(host, "passwd -S jupyter-bob").split()[1] == "L"
    assert sh(host, "stat -c %U /home/jupyter-bob/.bashrc") == "jupyter-bob"


def test_adding_somebody_twice_changes_nothing_in_one_session(
    inv: Inv, host: Sandbox, hub: str
) -> None:
    inv.ok("add-user", "--name", "bob")
    before = count_sessions(host)
    assert "nothing was changed" in inv.ok("add-user", "--name", "bob").output
    assert count_sessions(host) - before == 1


@pytest.mark.parametrize(
    "damage",
    [
        "rm -r /home/jupyter-carol",
        "chmod 755 /home/jupyter-carol",
        "chown -R root: /home/jupyter-carol",
        "gpasswd --delete jupyter-carol users",
        "gpasswd --delete jupyter-carol leem",
        "usermod --password x jupyter-carol",
        "userdel jupyter-carol",
    ],
)
def test_what_is_half_made_is_repaired(inv: Inv, host: Sandbox, hub: str, damage: str) -> None:
    add = ("add-user", "--name", "carol", "--groups", "leem")
    inv.ok(*add)
    before = sh(host, "id -u jupyter-carol")
    sh(host, damage)
    assert len(inv.ok(*add).changes) == 1
    assert "nothing was changed" in inv.ok(*add).output
    assert sh(host, "stat -c '%a %U' /home/jupyter-carol") == "700 jupyter-carol"
    assert sh(host, "id -u jupyter-carol") == before
    assert sh(host, "passwd -S jupyter-carol").split()[1] == "L"


@pytest.mark.parametrize(
    ("make", "unmake", "reason"),
    [
        ("useradd -M -d /srv/dave jupyter-dave", "userdel jupyter-dave", "its home is /srv/dave"),
        (
            "useradd -r -M -d /home/jupyter-dave jupyter-dave",
            "userdel jupyter-dave",
            "is the system's",
        ),
        ("touch /home/jupyter-dave", "rm /home/jupyter-dave", "not a folder"),
        (
            "install -d -o agfalta /home/jupyter-dave",
            "rmdir /home/jupyter-dave",
            "belongs to agfalta",
        ),
    ],
)
def test_what_is_not_the_labs_is_left_alone(
    inv: Inv, host: Sandbox, hub: str, make: str, unmake: str, reason: str
) -> None:
    sh(host, make)
    try:
        before = sh(host, "getent passwd; getent group; stat -c '%a %u %g %F' /home/*")
        said = inv.fails("add-user", "--name", "erin", "--name", "dave")
        assert reason in said
        assert sh(host, "getent passwd; getent group; stat -c '%a %u %g %F' /home/*") == before
    finally:
        sh(host, unmake)


def test_a_hundred_members_cost_no_more_sessions_than_one(
    inv: Inv, host: Sandbox, hub: str, tmp_path: Path
) -> None:
    listed = tmp_path / "users.txt"
    names = [f"student{number}" for number in range(100)]
    listed.write_text("# the practical course\n" + "\n".join(names))
    before = count_sessions(host)
    inv.ok("add-user", "--name", "frank")
    for_one = count_sessions(host) - before
    inv.ok("add-user", "--file", str(listed))
    assert count_sessions(host) - before - for_one == for_one == 1
    assert int(sh(host, "ls -d /home/jupyter-student* | wc -l")) == 100
    HubClient(hub).login("student99", PASSWORD)


def test_a_plan_that_is_older_than_another_operators_change_is_made_anew(
    inv: Inv, host: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    wanted = [Member(name) for name in NEW]
    plans: list[list[str]] = []

    def operation(answers: Answers) -> list[Change]:
        plan = list(ensure_members(wanted, parse_accounts(answers)))
        if not plans:
            # The facts are read, the lock is not taken yet: another operator is quicker.
            inv.ok("add-user", "--name", NEW[0])
        plans.append([change.why for change in plan])
        return plan

    with Host(load(ROOT, {"LAB": inv.lab}), ask_password) as connected:
        converge(connected, ACCOUNTS, operation, order("add-user"), dry=False)
    kim, lee = (f"Create the account jupyter-{it} with home /home/jupyter-{it}" for it in NEW)
    assert plans == [[kim, lee], [lee], []]
    said = capsys.readouterr().out
    assert "somebody else has just changed this host, so it is asked anew: " in said
    assert "inv add-user, since" in said
    audit = sh(host, "grep -c 'Create the account jupyter-kim' /var/log/labhub/audit.log")
    assert audit == "1", "what was done already is not done again"


def test_a_list_that_cannot_be_read_is_one_sentence(inv: Inv) -> None:
    assert "cannot be read" in inv.fails("add-user", "--file", "/nowhere/users.txt")
    assert "whom?" in inv.fails("add-user")


def test_a_preview_changes_nothing(inv: Inv, host: Sandbox, hub: str) -> None:
    outcome = inv.ok("--dry", "add-user", "--name", "grace")
    assert "1 change would be made" in outcome.output
    assert "useradd" in outcome.output
    assert sh(host, "getent passwd jupyter-grace || echo none") == "none"


def test_names_with_dashes_and_digits_live_and_work(inv: Inv, host: Sandbox, hub: str) -> None:
    # Seed defect 1: splitting at '-' made anna of anna-lena.
    longest = "b" * 24
    inv.ok("add-user", "--name", "anna-lena", "--name", "x_1", "--name", longest)
    for name in ("anna-lena", "x_1", longest):
        client = HubClient(hub)
        client.login(name, PASSWORD)
        assert re.search(rf">\s*{name}\s*<", client.get("/hub/home").text)
    with pytest.raises(LoginError):
        HubClient(hub).login("anna", PASSWORD)


def test_a_removed_home_revokes_the_login_at_once(inv: Inv, host: Sandbox, hub: str) -> None:
    # Seed defect 7.
    inv.ok("add-user", "--name", "heidi")
    client = HubClient(hub)
    client.login("heidi", PASSWORD)
    sh(host, "userdel --remove jupyter-heidi 2>/dev/null")
    with pytest.raises(LoginError):
        HubClient(hub).login("heidi", PASSWORD)
    assert client.api("POST", "/users/heidi/server").status_code in (400, 403)


def test_a_folder_that_only_looks_like_a_home_makes_no_member(host: Sandbox, hub: str) -> None:
    # Seed defect 1: old-jupyter-x yielded a user.
    sh(host, "mkdir /home/old-jupyter-ivan /home/jupyter-judy")
    try:
        for name in ("ivan", "old-jupyter-ivan", "judy"):
            with pytest.raises(LoginError):
                HubClient(hub).login(name, PASSWORD)
    finally:
        sh(host, "rmdir /home/old-jupyter-ivan /home/jupyter-judy")
