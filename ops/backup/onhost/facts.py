"""What a backup says of accounts, groups and the lab, in its header."""

import grp
import pwd
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

PREFIX = "jupyter-"
SHADOW = Path("/etc/shadow")


@dataclass(frozen=True)
class Account:
    """A lab account with its groups; `expires` is the day in shadow, where there is one."""

    name: str
    uid: int
    gid: int
    shell: str
    comment: str
    expires: str
    groups: tuple[str, ...]


def read_accounts() -> tuple[list[dict[str, Any]], dict[str, int]]:
    """Return the lab accounts of this host, and the numbers of all groups that they are in."""
    expires = parse_expiry(SHADOW.read_text())
    groups = {it.gr_name: it for it in grp.getgrall()}
    accounts = []
    numbers: dict[str, int] = {}
    for it in pwd.getpwall():
        if not it.pw_name.startswith(PREFIX):
            continue
        listed = tuple(sorted(name for name, group in groups.items() if it.pw_name in group.gr_mem))
        own = [name for name, group in groups.items() if group.gr_gid == it.pw_gid]
        numbers |= {name: groups[name].gr_gid for name in (*own, *listed)}
        day = expires.get(it.pw_name, "")
        numbered = (it.pw_name, it.pw_uid, it.pw_gid)
        accounts.append(asdict(Account(*numbered, it.pw_shell, it.pw_gecos, day, listed)))
    return accounts, numbers


def parse_expiry(shadow: str) -> dict[str, str]:
    """Return the day on which accounts expire, of those that do."""
    lines = (line.split(":") for line in shadow.splitlines())
    return {words[0]: words[7] for words in lines if len(words) > 7 and words[7]}


def accounts_of(header: Mapping[str, Any]) -> tuple[Account, ...]:
    """Read the accounts of a backup's header."""
    return tuple(Account(**{**it, "groups": tuple(it["groups"])}) for it in header["accounts"])
