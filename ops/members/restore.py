"""Operation: a removed member comes back, with home, groups and number."""

from collections.abc import Iterator, Sequence

from ops.members.access import admit, forget_record, require_members
from ops.members.accounts import Member, ensure_groups, ensure_home
from ops.members.archive import archive_of, record_of, unpack
from ops.members.facts import Members, Record
from ops.names import EVERYBODY, account, home
from ops.remote.command import Change, run


def restore_members(names: Sequence[str], facts: Members) -> Iterator[Change]:
    """Bring removed members back; of others nothing is changed.

    :raises OperationError: where an archive or a record is missing; then nothing at all is changed.
    """
    require_members(names, facts, lambda name: _problem(name, facts))
    records = [facts.records[name] for name in names if name in facts.records]
    yield from ensure_groups((g for it in records for g in _groups(it)), facts.accounts.groups)
    for record in records:
        yield from _bring_home(record, facts)
        yield from _unmark(record, facts)
    yield from admit([record.name for record in records], facts)
    # Last: as long as the record is there, what was broken off is finished by the next run.
    yield from (forget_record(record.name) for record in records)


def _problem(name: str, facts: Members) -> str | None:
    record = facts.records.get(name)
    if record is None:
        if facts.is_marked(name):
            return f"{name} cannot be brought back: {record_of(name)} is missing on the host"
        if facts.standing(name) == "disabled":
            return f"{name} is disabled, not removed: inv enable-user --name {name}"
        return None
    if home(name) in facts.accounts.homes or not record.has_home:
        return None
    if not facts.has_archive(name):
        return f"{name} cannot be brought back: {archive_of(name)} is missing on the host"
    return None


def _groups(record: Record) -> list[str]:
    return sorted({EVERYBODY, *record.groups})


def _bring_home(record: Record, facts: Members) -> Iterator[Change]:
    if home(record.name) in facts.accounts.homes:
        return
    if record.has_home:
        why = f"Unpack {archive_of(record.name)} to {home(record.name)}, and compare the two"
        yield Change(why, (unpack(record.name),))
    else:
        yield from ensure_home(Member(record.name), facts.accounts)


def _unmark(record: Record, facts: Members) -> Iterator[Change]:
    login = account(record.name)
    has = facts.accounts.accounts[login]
    is_right = (has.shell, has.comment) == (record.shell, record.comment)
    missing = set(_groups(record)) - facts.accounts.groups_of(login)
    if is_right and not missing:
        return
    options = ("--shell", record.shell, "--comment", record.comment)
    groups = ("--append", "--groups", ",".join(_groups(record)))
    why = f"Give {login} its shell and its groups again: {', '.join(_groups(record))}"
    yield Change(why, (run("usermod", *options, *groups, "--", login),))
