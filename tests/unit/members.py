"""Facts about members for tests of plans: alice as she should be, and what differs from that."""

from dataclasses import replace

from ops.images.containers import Container
from ops.members.account_facts import Account, Accounts, Folder, Group
from ops.members.facts import REMOVED_MARK, Known, Members, Record
from ops.remote.command import Change

ALICE = Account(uid=1001, gid=1001, home="/home/jupyter-alice", shell="/bin/bash", is_locked=True)
BOB = Account(uid=1002, gid=1002, home="/home/jupyter-bob", shell="/bin/bash", is_locked=True)
ROOT = Account(uid=0, gid=0, home="/root", shell="/bin/bash", is_locked=False)
GONE = replace(
    ALICE, is_expired=True, shell="/usr/sbin/nologin", comment=f"{REMOVED_MARK}2026-11-23"
)
RECORD = Record("alice", 1001, ("leem", "users"), "/bin/bash", "", "2026-11-23", has_home=True)
LAB = Container("c1", "localhost:5000/agfalta_tools:1.2", True, "alice", frozenset({100, 2000}))

RIGHT = Members(
    Accounts(
        accounts={"root": ROOT, "jupyter-alice": ALICE, "jupyter-bob": BOB},
        homes={
            "/home/jupyter-alice": Folder("directory", "700", 1001, 1001),
            "/home/jupyter-bob": Folder("directory", "700", 1002, 1002),
        },
        groups={
            "users": Group(100, frozenset({"jupyter-alice", "jupyter-bob"})),
            "leem": Group(2000, frozenset({"jupyter-alice"})),
            "jupyter-alice": Group(1001, frozenset()),
            "jupyter-bob": Group(1002, frozenset()),
        },
    ),
    labs={"alice": LAB},
    hub={"alice": Known("2026-11-23T09:00:00Z", has_password=True, has_lab=True)},
)
DISABLED = replace(
    RIGHT,
    accounts=replace(
        RIGHT.accounts,
        accounts={**RIGHT.accounts.accounts, "jupyter-alice": replace(ALICE, is_expired=True)},
    ),
    disabled='644 root:root\n["alice"]',
    labs={},
)
REMOVED = replace(
    DISABLED,
    accounts=replace(
        DISABLED.accounts,
        accounts={**RIGHT.accounts.accounts, "jupyter-alice": GONE},
        homes={"/home/jupyter-bob": RIGHT.accounts.homes["/home/jupyter-bob"]},
        groups={
            **RIGHT.accounts.groups,
            "users": Group(100, frozenset({"jupyter-bob"})),
            "leem": Group(2000, frozenset()),
        },
    ),
    records={"alice": RECORD},
    archives={"alice.tar.gz": 2622},
    hub={},
)


def sentences(changes: list[Change]) -> list[str]:
    return [change.why for change in changes]


def commands(changes: list[Change]) -> list[str]:
    return [str(step) for change in changes for step in change.steps]
