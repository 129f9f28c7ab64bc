from dataclasses import replace

import pytest

from ops.errors import OperationError, UsageError
from ops.members.facts import Account, Accounts, Folder
from ops.members.operation import Member, ensure_members, read_members
from ops.plan.command import Change
from ops.plan.groups import Group

ALICE = Account(uid=1001, gid=1001, home="/home/jupyter-alice", shell="/bin/bash", is_locked=True)
RIGHT = Accounts(
    accounts={"jupyter-alice": ALICE},
    homes={"/home/jupyter-alice": Folder("directory", "700", 1001, 1001)},
    groups={
        "users": Group(100, frozenset({"jupyter-alice"})),
        "jupyter-alice": Group(1001, frozenset()),
    },
)
BARE = Accounts({}, {}, {"users": Group(100, frozenset())})


def plan(facts: Accounts, *names: str, groups: tuple[str, ...] = ()) -> list[Change]:
    return list(ensure_members([Member(name, groups) for name in names], facts))


def sentences(changes: list[Change]) -> list[str]:
    return [change.why for change in changes]


def commands(changes: list[Change]) -> list[str]:
    return [str(step) for change in changes for step in change.steps]


def test_nothing_is_to_be_done_where_all_is_right() -> None:
    assert plan(RIGHT, "alice") == []


def test_a_new_member_gets_account_home_and_groups() -> None:
    changes = plan(BARE, "alice", groups=("leem", "xps"))
    assert sentences(changes) == [
        "Create the group leem",
        "Create the group xps",
        "Create the account jupyter-alice with home /home/jupyter-alice",
    ]
    assert (
        "useradd --user-group --no-create-home --home-dir /home/jupyter-alice --shell /bin/bash "
        "--groups leem,users,xps -- jupyter-alice" in commands(changes)
    )


def test_users_is_created_with_the_number_that_the_shares_give_to_it() -> None:
    assert "groupadd --gid 100 -- users" in commands(plan(Accounts({}, {}, {}), "alice"))


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        (replace(RIGHT, homes={}), "Create the home /home/jupyter-alice (0700)"),
        (
            replace(RIGHT, homes={"/home/jupyter-alice": Folder("directory", "755", 1001, 1001)}),
            "Repair the home /home/jupyter-alice (0700)",
        ),
        (
            replace(RIGHT, homes={"/home/jupyter-alice": Folder("directory", "700", 0, 0)}),
            "Repair the home /home/jupyter-alice (0700)",
        ),
        (
            replace(RIGHT, accounts={"jupyter-alice": replace(ALICE, is_locked=False)}),
            "Disable password login of jupyter-alice",
        ),
        (
            replace(RIGHT, groups={**RIGHT.groups, "users": Group(100, frozenset())}),
            "Add jupyter-alice to users",
        ),
    ],
)
def test_what_is_half_made_is_repaired(facts: Accounts, sentence: str) -> None:
    assert sentences(plan(facts, "alice")) == [sentence]


def test_a_home_whose_account_was_lost_keeps_its_uid() -> None:
    changes = plan(replace(RIGHT, accounts={}), "alice")
    assert sentences(changes) == [
        "Create the account jupyter-alice for its home /home/jupyter-alice, uid 1001 as before"
    ]
    assert "useradd --uid 1001 --gid jupyter-alice" in commands(changes)[0]


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        (
            replace(RIGHT, accounts={"jupyter-alice": replace(ALICE, home="/srv/alice")}),
            "no lab account: its home is /srv/alice",
        ),
        (
            replace(RIGHT, accounts={"jupyter-alice": replace(ALICE, uid=998)}),
            "no lab account: uid 998",
        ),
        (
            replace(RIGHT, homes={"/home/jupyter-alice": Folder("regular file", "600", 0, 0)}),
            "is a regular file",
        ),
        (
            replace(RIGHT, homes={"/home/jupyter-alice": Folder("directory", "700", 1002, 1002)}),
            "belongs to uid 1002",
        ),
    ],
)
def test_what_is_not_the_labs_is_left_alone_and_so_is_everybody_else(
    facts: Accounts, reason: str
) -> None:
    with pytest.raises(OperationError, match=reason):
        plan(facts, "bob", "alice")


def test_members_come_from_the_command_line_and_from_a_file() -> None:
    text = "bob  # since May\n\n# the XPS group\ncarol\nalice\n"
    members = read_members(["alice"], text, "leem, xps")
    assert members == tuple(Member(name, ("leem", "xps")) for name in ("alice", "bob", "carol"))


def test_every_wrong_name_is_told_at_once() -> None:
    with pytest.raises(UsageError) as caught:
        read_members(["Anna", "ok"], "a b\n", "docker")
    assert all(word in str(caught.value) for word in ("'Anna'", "'a b'", "'docker'"))
    with pytest.raises(UsageError, match="whom"):
        read_members([], "# nobody\n", "")
