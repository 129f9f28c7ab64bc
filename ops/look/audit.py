"""Who did what when: the host's audit log, one task of one operator as one entry."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ops.remote.script import AUDIT_LOG, Question

LINES = 5000
"""Read from the end of the log: a few years of a quiet lab."""

AUDIT = Question("audit", f"tail -n {LINES} {AUDIT_LOG}")

PAUSE = timedelta(minutes=30)
"""The longest step is shorter; what comes later is another run of the task."""


@dataclass(frozen=True)
class Change:
    """One change; `failed` is how it ended where it did not succeed."""

    when: datetime
    what: str
    failed: str = ""


@dataclass(frozen=True)
class Entry:
    """One task of one operator, with what it changed."""

    who: str
    task: str
    changes: tuple[Change, ...]

    @property
    def when(self) -> datetime:
        return self.changes[0].when


def parse_audit(text: str) -> Iterator[Entry]:
    """Read the log, oldest first; lines that are none of ours are left out."""
    entry: Entry | None = None
    for line in text.splitlines():
        match line.split("\t"):
            case [when, who, task, ended, what] if (moment := _moment(when)) is not None:
                change = Change(moment, what, "" if ended == "done" else ended)
            case _:
                continue
        if entry and _belongs(change, entry, who, task):
            entry = replace(entry, changes=(*entry.changes, change))
            continue
        if entry:
            yield entry
        entry = Entry(who, task, (change,))
    if entry:
        yield entry


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else None


def _belongs(change: Change, entry: Entry, who: str, task: str) -> bool:
    # A failed change is a task's last one.
    is_open = not entry.changes[-1].failed
    is_soon = change.when - entry.changes[-1].when < PAUSE
    return is_open and is_soon and (entry.who, entry.task) == (who, task)


def chosen(
    entries: Iterable[Entry], since: datetime | None, pattern: re.Pattern[str] | None, number: int
) -> list[Entry]:
    """Return the last entries that began since a moment and in which a pattern is found."""
    found = [
        entry
        for entry in entries
        if (since is None or entry.when >= since) and (pattern is None or _has(entry, pattern))
    ]
    return found[-number:]


def _has(entry: Entry, pattern: re.Pattern[str]) -> bool:
    texts = (entry.who, entry.task, *(change.what for change in entry.changes))
    return any(pattern.search(text) for text in texts)


def lines(entry: Entry) -> Iterator[str]:
    """Write an entry for a person."""
    yield f"{entry.when.astimezone():%Y-%m-%d %H:%M}  {entry.who}  {entry.task}"
    for change in entry.changes:
        mark = f"✗ {change.failed}:" if change.failed else "✓"
        yield f"    {mark} {change.what}"
