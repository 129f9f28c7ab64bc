"""Operation: a member leaves; the home becomes an archive, and the number stays taken."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict

from ops.members.access import disable_members, require_members
from ops.members.account_facts import Account
from ops.members.archive import archive_of, delete, pack, record_of
from ops.members.facts import REMOVED_MARK, Members, Record
from ops.names import account, home
from ops.remote.command import Change, Upload, run

NO_LOGIN = "/usr/sbin/nologin"


def remove_members(names: Sequence[str], day: str, facts: Members) -> Iterator[Change]:
    """Take members away, and keep all that is needed to bring them back.

    The account stays, locked and without groups: so no later one gets its number, and with it the
    files that are left somewhere on the host or on the file server.
    """
    require_members(names, facts, lambda name: _problem(name, facts))
    yield from disable_members(names, facts)
    yield from _forget_logins(names, facts)
    for name in names:
        yield from _archive(name, day, facts)
        yield from _delete(name, facts)
        yield from _mark(name, day, facts)


def _problem(name: str, facts: Members) -> str | None:
    if not facts.is_marked(name) or home(name) not in facts.accounts.homes:
        return None
    return (
        f"{name} was removed, and {home(name)} is there again: move it away, or finish  "
        f"inv restore-user --name {name}"
    )


def _forget_logins(names: Sequence[str], facts: Members) -> Iterator[Change]:
    if known := [name for name in names if name in facts.known()]:
        command = ("docker", "exec", "labhub-hub", "python", "-m", "labhub.operate", "forget")
        why = f"Revoke the login and the tokens of {', '.join(known)}"
        yield Change(why, (run(*command, *known),))


def _archive(name: str, day: str, facts: Members) -> Iterator[Change]:
    """Pack the home and write down what the member was; of who has no home only the latter."""
    has_home = home(name) in facts.accounts.homes
    has = facts.accounts.accounts[account(name)]
    if has_home:
        why = f"Pack {home(name)} into {archive_of(name)}, and compare the two"
        yield Change(why, (pack(name, has.uid),))
    elif facts.is_removed(name):
        return
    record = _describe(name, day, has, has_home, facts)
    if facts.records.get(name) != record:
        content = json.dumps(asdict(record)) + "\n"
        write = Upload(record_of(name), content, "0600")
        yield Change(f"Write down what {name} was, in {record_of(name)}", (write,))


def _describe(name: str, day: str, has: Account, has_home: bool, facts: Members) -> Record:
    before = facts.records.get(name)
    return Record(
        name=name,
        uid=has.uid,
        groups=tuple(sorted(facts.accounts.groups_of(account(name)))),
        shell=has.shell,
        comment=has.comment,
        removed=before.removed if before else day,
        has_home=has_home,
    )


def _delete(name: str, facts: Members) -> Iterator[Change]:
    is_left = f".{account(name)}.removed" in facts.left
    if home(name) in facts.accounts.homes or is_left:
        yield Change(f"Delete {home(name)}, of which there is an archive", (delete(name),))


def _mark(name: str, day: str, facts: Members) -> Iterator[Change]:
    login = account(name)
    if facts.is_marked(name) and not facts.accounts.groups_of(login):
        return
    before = facts.records.get(name)
    mark = REMOVED_MARK + (before.removed if before else day)
    options = ("--shell", NO_LOGIN, "--comment", mark, "--groups", "")
    why = f"Keep {login} and its number for nobody else, and take it out of all groups"
    yield Change(why, (run("usermod", "--lock", *options, "--", login),))
