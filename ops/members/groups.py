"""Operation: the groups of members, and with them the mounts of their labs."""

from collections.abc import Iterator, Sequence

from ops.errors import UsageError
from ops.members.access import removed_problem, require_members, stop_labs
from ops.members.accounts import ensure_groups, split_groups
from ops.members.facts import Members
from ops.names import EVERYBODY, account, group_problem
from ops.remote.command import Change, run


def read_groups(add: str, remove: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Check the groups of a command line, separated by commas.

    :raises UsageError: with every mistake, before any connection.
    """
    added, removed = split_groups(add), split_groups(remove)
    problems = [problem for group in added if (problem := group_problem(group))]
    if EVERYBODY in removed:
        problems.append(f"every member is in {EVERYBODY}: to keep one out there is disable-user")
    problems += [f"{group!r} is to be added and removed" for group in {*added} & {*removed}]
    if not added and not removed:
        problems.append("which groups? Give --add xps or --remove leem, several with commas")
    if problems:
        raise UsageError("\n".join(problems))
    return added, removed


def change_groups(
    names: Sequence[str], added: Sequence[str], removed: Sequence[str], facts: Members
) -> Iterator[Change]:
    """Put members into groups and take them out of others.

    A lab that was started with a group which its member has no more is stopped, as it would keep
    the group's files until somebody stops it.
    """
    require_members(names, facts, lambda name: removed_problem(name, facts))
    yield from ensure_groups(added, facts.accounts.groups)
    for name in names:
        login, has = account(name), facts.accounts.groups_of(account(name))
        if missing := sorted({*added} - has):
            append = run("usermod", "--append", "--groups", ",".join(missing), "--", login)
            yield Change(f"Add {login} to {', '.join(missing)}", (append,))
        if surplus := sorted({*removed} & has):
            steps = tuple(run("gpasswd", "--delete", login, group) for group in surplus)
            yield Change(f"Take {login} out of {', '.join(surplus)}", steps)
    yield from stop_labs(_labs_with(names, removed, facts))


def _labs_with(names: Sequence[str], groups: Sequence[str], facts: Members) -> list[str]:
    """Return whose labs were started with one of these groups."""
    known = facts.accounts.groups
    gids = {known[group].gid for group in groups if group in known}
    return [name for name in names if name in facts.labs and facts.labs[name].groups & gids]


def labs_without(names: Sequence[str], groups: Sequence[str], facts: Members) -> list[str]:
    """Return whose labs run without some of these groups, and get them with their next start."""
    known = facts.accounts.groups
    gids = {known[group].gid for group in groups if group in known}
    return [name for name in names if name in facts.labs and gids - facts.labs[name].groups]
