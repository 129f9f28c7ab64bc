"""Operations: members who may not log in for a while, and members who may again."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence

from ops.errors import OperationError
from ops.members.accounts import foreign
from ops.members.archive import forget
from ops.members.facts import DISABLED_FILE, Members
from ops.names import ACCOUNT_PREFIX, account, home
from ops.remote.command import Change, Shell, Upload, run
from ops.stack import hub_files

# The hub first, so that it knows of it. Where it does not answer, the engine ends what runs.
_STOP = """\
docker exec labhub-hub python -m labhub.operate stop "$@" || true
for name; do
  labs=$(docker ps --all --quiet --filter "label=labhub.lab=$name")
  [ -z "$labs" ] || xargs docker rm --force <<<"$labs"
done
"""


def require_members(
    names: Sequence[str], facts: Members, problem: Callable[[str], str | None] = lambda name: None
) -> None:
    """Refuse names that are no members, and those of which there is something else to say.

    :raises OperationError: with every mistake, before anything is changed.
    """
    problems = [text for name in names if (text := _stranger(name, facts) or problem(name))]
    if problems:
        raise OperationError("\n".join(problems))


def _stranger(name: str, facts: Members) -> str | None:
    if account(name) not in facts.accounts.accounts:
        return f"{name} is no member: there is no account {account(name)} on the host"
    return foreign(name, facts.accounts)


def removed_problem(name: str, facts: Members) -> str | None:
    """Say that a member was removed and how to bring them back; None for all others."""
    if not facts.is_removed(name):
        return None
    return f"{name} was removed: bring them back with  inv restore-user --name {name}"


def disable_members(names: Sequence[str], facts: Members) -> Iterator[Change]:
    """Keep members from logging in, and end their labs; nothing of theirs is deleted."""
    require_members(names, facts)
    new = [name for name in names if not facts.accounts.accounts[account(name)].is_expired]
    for name in new:
        yield _expire(name)
    yield from publish({*disabled_names(facts), *names}, facts)
    # Of who was let in until now a lab may be starting, which no container shows yet.
    yield from stop_labs([name for name in names if name in new or name in facts.labs])


def enable_members(names: Sequence[str], facts: Members) -> Iterator[Change]:
    """Let members log in again."""
    require_members(names, facts, lambda name: removed_problem(name, facts))
    yield from admit(names, facts)
    for name in names:
        if name in facts.records or facts.has_archive(name):
            yield forget_record(name)


def forget_record(name: str) -> Change:
    """Take back that a member was removed, or that somebody began to."""
    why = f"Delete the record of {name}, and the archive where it is the home"
    return Change(why, (forget(name),))


def admit(names: Sequence[str], facts: Members) -> Iterator[Change]:
    """Take back that members were disabled, whoever they are."""
    for name in names:
        has = facts.accounts.accounts.get(account(name))
        if has and has.is_expired:
            lift = run("usermod", "--expiredate", "", "--", account(name))
            yield Change(f"Let {account(name)} be used again", (lift,))
    yield from publish(disabled_names(facts) - {*names}, facts)


def _expire(name: str) -> Change:
    expire = run("usermod", "--expiredate", "1", "--", account(name))
    return Change(f"Let {account(name)} be used no more", (expire,))


def disabled_names(facts: Members) -> frozenset[str]:
    """Return whose account on the host has expired: it decides, and the hub's list follows."""
    return frozenset(
        login.removeprefix(ACCOUNT_PREFIX)
        for login, has in facts.accounts.accounts.items()
        if has.is_expired and has.home == home(login.removeprefix(ACCOUNT_PREFIX))
    )


def publish(names: Iterable[str], facts: Members) -> Iterator[Change]:
    """Tell the hub who is disabled; it reads the list at each request."""
    content = json.dumps(sorted(names))
    has_none = not facts.disabled and content == "[]"
    if not has_none and not hub_files.is_right(facts.disabled, content):
        yield Change("Tell the hub who is disabled", (Upload(DISABLED_FILE, content + "\n"),))


def stop_labs(names: Sequence[str]) -> Iterator[Change]:
    """End members' labs, also those that are only starting."""
    if names:
        what = f"labhub.operate stop {' '.join(names)}, then docker rm --force what is left"
        yield Change(f"Stop the lab of {', '.join(names)}", (Shell(what, _STOP, tuple(names)),))
