"""Accounts, homes and groups of a host: the questions, and the parser of their answers."""

from collections.abc import Mapping
from dataclasses import dataclass

from ops.names import ACCOUNT_PREFIX
from ops.remote.framing import Answers
from ops.remote.script import Question

ACCOUNTS = (
    Question("passwd", "getent passwd"),
    Question(
        "locked",
        f"getent shadow | grep '^{ACCOUNT_PREFIX}' | cut -c-64 "
        "| while IFS=: read -r name hash rest; do "
        "case $hash in '!'*|'*'*) printf '%s\\n' \"$name\";; esac; done",
    ),
    Question(
        "expired",
        f"today=$(($(date +%s) / 86400)); getent shadow | cut -d: -f1,8 | grep '^{ACCOUNT_PREFIX}' "
        '| while IFS=: read -r name day; do [ -n "$day" ] && [ "$day" -le "$today" ] '
        "&& printf '%s\\n' \"$name\"; done",
    ),
    Question("group", "getent group"),
    Question("homes", f"stat -c '%n|%F|%a|%u|%g' /home/{ACCOUNT_PREFIX}*"),
)


@dataclass(frozen=True)
class Account:
    """A line of passwd; whether it is locked or expired is known of lab accounts alone."""

    uid: int
    gid: int
    home: str
    shell: str
    is_locked: bool
    is_expired: bool = False
    comment: str = ""


@dataclass(frozen=True)
class Folder:
    """What stands at the path of a home."""

    kind: str
    mode: str
    uid: int
    gid: int


@dataclass(frozen=True)
class Group:
    """A group of the host with its listed members."""

    gid: int
    members: frozenset[str]


@dataclass(frozen=True)
class Accounts:
    """All accounts and groups by name, and what stands at the paths of lab homes."""

    accounts: Mapping[str, Account]
    homes: Mapping[str, Folder]
    groups: Mapping[str, Group]

    def groups_of(self, account: str) -> frozenset[str]:
        """Return the groups that list an account, which its own need not do."""
        return frozenset(name for name, group in self.groups.items() if account in group.members)


def parse_accounts(answers: Answers) -> Accounts:
    """Read the answers to `ACCOUNTS`."""
    locked = frozenset(answers["locked"].splitlines())
    expired = frozenset(answers["expired"].splitlines())
    accounts = {}
    for line in answers["passwd"].splitlines():
        name, _, uid, gid, comment, home, shell = line.split(":")
        accounts[name] = Account(
            int(uid), int(gid), home, shell, name in locked, name in expired, comment
        )
    homes = {}
    for line in answers["homes"].splitlines():
        path, kind, mode, uid, gid = line.rsplit("|", 4)
        homes[path] = Folder(kind, mode, int(uid), int(gid))
    groups = {}
    for line in answers["group"].splitlines():
        name, _, gid, members = line.split(":")
        groups[name] = Group(int(gid), frozenset(filter(None, members.split(","))))
    return Accounts(accounts, homes, groups)
