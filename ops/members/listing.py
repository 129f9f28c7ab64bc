"""Who the members are, what they have and what they do: a table, or JSON for programs."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

from rich.filesize import decimal

from ops.images.offer import ADDRESS
from ops.members.archive import archive_of
from ops.members.facts import HUB, MEMBERS, Known, Members, hub_problem, parse_members
from ops.names import ACCOUNT_PREFIX, EVERYBODY, account, home
from ops.remote.framing import Answers
from ops.remote.script import Question
from ops.words import moment

SECONDS = 20
"""For all homes together; what is not measured by then is left open."""

# Four at once: a single home of a million files does not hold up all others. Each by itself, so
# that what is known when the time is up is told.
_SIZES = f"""\
cd /home && printf '%s\\0' {ACCOUNT_PREFIX}*/ \
| timeout {SECONDS} xargs -0 -r -n 1 -P 4 nice du -sx --block-size=1 --
"""

COLUMNS = ("name", "groups", "login", "last active", "lab", "home")


@dataclass(frozen=True)
class Row:
    """One member; what is not known, or does not exist, is None."""

    name: str
    state: str
    """``active``, ``disabled`` or ``removed``."""
    groups: tuple[str, ...]
    login: str | None
    """``never``, ``invited`` (with a one-time password) or ``own``."""
    last_activity: str | None
    lab: str | None
    """The image that runs."""
    home_bytes: int | None
    removed: str | None = None
    archive: str | None = None
    archive_bytes: int | None = None


def list_questions(with_sizes: bool) -> tuple[Question, ...]:
    """Return what is asked about all members."""
    return (*MEMBERS, HUB, *((Question("sizes", _SIZES),) if with_sizes else ()))


def parse_rows(answers: Answers) -> tuple[Row, ...]:
    """Read the answers to `list_questions`, in the order of the names."""
    facts = parse_members(answers)
    sizes = {}
    for line in answers.get("sizes", "").splitlines():
        size, _, folder = line.partition("\t")
        sizes[folder.rstrip("/")] = int(size)
    return tuple(_rows(facts, sizes))


def _rows(facts: Members, sizes: dict[str, int]) -> Iterator[Row]:
    for login, has in sorted(facts.accounts.accounts.items()):
        name = login.removeprefix(ACCOUNT_PREFIX)
        if login == account(name) and has.home == home(name):
            yield _row(name, facts, sizes.get(login))


def _row(name: str, facts: Members, size: int | None) -> Row:
    known = facts.hub.get(name, Known()) if facts.hub is not None else None
    lab, state, record = facts.labs.get(name), facts.standing(name), facts.records.get(name)
    packed = facts.archives.get(f"{name}.tar.gz") if state == "removed" else None
    groups = (
        record.groups if state == "removed" and record else facts.accounts.groups_of(account(name))
    )
    return Row(
        name=name,
        state=state,
        groups=tuple(sorted({*groups} - {EVERYBODY})),
        login=_login(known),
        last_activity=known.last_activity if known else None,
        lab=(known and known.image) or lab.reference.removeprefix(f"{ADDRESS}/") if lab else None,
        home_bytes=size,
        removed=record.removed if state == "removed" and record else None,
        archive=archive_of(name) if packed is not None else None,
        archive_bytes=packed,
    )


def _login(known: Known | None) -> str | None:
    if known is None:
        return None
    if known.invite:
        return "invited"
    return "own" if known.has_password else "never"


def as_json(rows: Sequence[Row]) -> str:
    """Write the members as a JSON list of objects."""
    return json.dumps([asdict(row) for row in rows], indent=1)


def as_table(rows: Sequence[Row]) -> list[tuple[str, ...]]:
    """Write the members who were not removed as rows below `COLUMNS`."""
    return [
        (
            row.name,
            ",".join(row.groups) or "-",
            "disabled" if row.state == "disabled" else _SAID[row.login],
            moment(row.last_activity or "-"),
            row.lab or "-",
            "?" if row.home_bytes is None else decimal(row.home_bytes),
        )
        for row in rows
        if row.state != "removed"
    ]


_SAID = {None: "?", "never": "never logged in", "invited": "invited", "own": "yes"}


def notes(rows: Sequence[Row], facts: Members, with_sizes: bool) -> Iterator[str]:
    """Say what stands in no row: who can be brought back, and what is not known."""
    removed = [row for row in rows if row.state == "removed"]
    if removed:
        listed = ", ".join(f"{row.name} ({_leftover(row)})" for row in removed)
        yield f"Removed, and back with inv restore-user: {listed}"
    if facts.hub is None:
        yield f"! {hub_problem(facts.hub_says)}: logins and last activity are not known"
    if with_sizes and any(row.home_bytes is None and row.state != "removed" for row in rows):
        yield f"! Not all homes could be measured in {SECONDS} s"


def _leftover(row: Row) -> str:
    size = "no files" if row.archive_bytes is None else decimal(row.archive_bytes)
    return f"{row.removed or 'without a record'}, {size}"
