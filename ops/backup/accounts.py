"""Operation: the accounts and groups of a backup come back with their numbers."""

from collections.abc import Iterator, Mapping, Sequence

from ops.backup.onhost.facts import Account
from ops.members.account_facts import Accounts
from ops.names import ACCOUNT_PREFIX, home
from ops.remote.command import Change, run

Groups = Mapping[str, int]
"""The number of each group, by name."""


def conflicts(accounts: Sequence[Account], groups: Groups, facts: Accounts) -> list[str]:
    """Say why accounts of a backup cannot have their numbers on this host."""
    owners = {it.uid: name for name, it in facts.accounts.items()}
    problems = []
    for it in accounts:
        has = facts.accounts.get(it.name)
        if has and has.uid != it.uid:
            problems.append(f"{it.name} has uid {has.uid} on the host, and {it.uid} in the backup")
        elif not has and it.uid in owners:
            problems.append(f"uid {it.uid} of {it.name} belongs to {owners[it.uid]} on the host")
    numbers = {group.gid: name for name, group in facts.groups.items()}
    for name, gid in groups.items():
        found = facts.groups.get(name)
        if found and found.gid != gid:
            problems.append(f"the group {name} has gid {found.gid} on the host, and {gid} in it")
        elif not found and gid in numbers:
            problems.append(f"gid {gid} of the group {name} belongs to {numbers[gid]} on the host")
    return problems


def members_of(facts: Accounts) -> list[str]:
    """Return the lab accounts that a host has already."""
    return sorted(name for name in facts.accounts if name.startswith(ACCOUNT_PREFIX))


def ensure_accounts(
    accounts: Sequence[Account], groups: Groups, facts: Accounts
) -> Iterator[Change]:
    """Create the accounts of a backup, without homes, and the groups that they are in."""
    for name, gid in sorted(groups.items()):
        if name not in facts.groups:
            add = run("groupadd", "--gid", str(gid), "--", name)
            yield Change(f"Create the group {name} with gid {gid} again", (add,))
    for it in accounts:
        if it.name not in facts.accounts:
            yield _create(it)
        elif missing := sorted({*it.groups} - facts.groups_of(it.name)):
            append = run("usermod", "--append", "--groups", ",".join(missing), "--", it.name)
            yield Change(f"Add {it.name} to {', '.join(missing)} again", (append,))


def _create(it: Account) -> Change:
    options = ["--uid", str(it.uid), "--gid", str(it.gid), "--no-create-home"]
    options += ["--home-dir", home(it.name.removeprefix(ACCOUNT_PREFIX))]
    options += ["--shell", it.shell, "--comment", it.comment, "--groups", ",".join(it.groups)]
    if it.expires:
        options += ["--expiredate", it.expires]
    add = run("useradd", *options, "--", it.name)
    return Change(f"Create the account {it.name} with uid {it.uid} again", (add,))
