"""Accounts, homes and groups of a host: the questions, and what their answers make together."""

from collections.abc import Mapping
from dataclasses import dataclass

from ops.names import ACCOUNT_PREFIX
from ops.plan.groups import GROUPS, Group
from ops.plan.question import Answers, Question, lines


@dataclass(frozen=True)
class Account:
    """A line of passwd; `is_locked` is known of lab accounts alone."""

    uid: int
    gid: int
    home: str
    shell: str
    is_locked: bool


@dataclass(frozen=True)
class Folder:
    """What stands at the path of a home."""

    kind: str
    mode: str
    uid: int
    gid: int


@dataclass(frozen=True)
class Accounts:
    """All accounts and groups by name, and what stands at the paths of lab homes."""

    accounts: Mapping[str, Account]
    homes: Mapping[str, Folder]
    groups: Mapping[str, Group]


def _parse_passwd(text: str) -> Mapping[str, tuple[int, int, str, str]]:
    accounts = {}
    for line in text.splitlines():
        name, _, uid, gid, _, home, shell = line.split(":")
        accounts[name] = (int(uid), int(gid), home, shell)
    return accounts


def _parse_homes(text: str) -> Mapping[str, Folder]:
    homes = {}
    for line in text.splitlines():
        path, kind, mode, uid, gid = line.rsplit("|", 4)
        homes[path] = Folder(kind, mode, int(uid), int(gid))
    return homes


PASSWD = Question("passwd", "getent passwd", _parse_passwd)
LOCKED = Question(
    "locked",
    # Of the hash nothing leaves the host but whether it is one.
    rf"getent shadow | sed -n 's/^\({ACCOUNT_PREFIX}[^:]*\):[!*].*/\1/p'",
    lines,
)
HOMES = Question(
    "homes",
    f"shopt -s nullglob; set -- /home/{ACCOUNT_PREFIX}*; "
    "[ $# = 0 ] || stat -c '%n|%F|%a|%u|%g' \"$@\"",
    _parse_homes,
)
ACCOUNTS = (PASSWD, LOCKED, GROUPS, HOMES)


def parse_accounts(answers: Answers) -> Accounts:
    """Put the answers to `ACCOUNTS` together."""
    locked = frozenset(answers[LOCKED])
    accounts = {
        name: Account(*entry, is_locked=name in locked) for name, entry in answers[PASSWD].items()
    }
    return Accounts(accounts, answers[HOMES], answers[GROUPS])
