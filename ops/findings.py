"""What was looked at, how it is, and which command mends it; for `inv doctor` and `inv check`."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from ops import console


class Level(StrEnum):
    """How a link is; a notice stops nobody today."""

    RIGHT = "right"
    NOTICE = "notice"
    PROBLEM = "problem"


_MARKS = {Level.RIGHT: "✓", Level.NOTICE: "!", Level.PROBLEM: "✗"}
_STYLES = {Level.RIGHT: None, Level.NOTICE: "yellow", Level.PROBLEM: "red"}
_WIDTH = 14


@dataclass(frozen=True)
class Finding:
    """A link, how it is, what was seen, and the command that mends it."""

    link: str
    level: Level
    said: str
    mend: str = ""


def right(link: str, said: str) -> Finding:
    """Say that a link is as it should be."""
    return Finding(link, Level.RIGHT, said)


def notice(link: str, said: str, mend: str) -> Finding:
    """Say what will become a problem."""
    return Finding(link, Level.NOTICE, said, mend)


def problem(link: str, said: str, mend: str) -> Finding:
    """Say what is wrong, and what mends it."""
    return Finding(link, Level.PROBLEM, said, mend)


def has_problem(found: Iterable[Finding]) -> bool:
    """Tell whether anything is wrong."""
    return any(it.level is Level.PROBLEM for it in found)


def lines(it: Finding) -> Iterator[str]:
    """Write a finding for a person."""
    first, *more = it.said.splitlines()
    yield f"{_MARKS[it.level]} {it.link:<{_WIDTH}}{first}"
    yield from (f"  {'':<{_WIDTH}}{line}" for line in more)
    if it.mend:
        yield f"  {'':<{_WIDTH}}→ {it.mend}"


def verdict(found: Iterable[Finding]) -> str:
    """Write what all of it comes to."""
    levels = [it.level for it in found]
    problems, notices = levels.count(Level.PROBLEM), levels.count(Level.NOTICE)
    if problems:
        return f"✗ {'One thing is' if problems == 1 else f'{problems} things are'} wrong."
    return "✓ Nothing is wrong." + (f" {notices} to look at when there is time." if notices else "")


def say(it: Finding) -> None:
    """Print a finding."""
    for line in lines(it):
        console.say(line, _STYLES[it.level])


def say_verdict(found: Sequence[Finding]) -> None:
    """Print what all of it comes to."""
    console.say()
    console.say(verdict(found), "red" if has_problem(found) else "green")
