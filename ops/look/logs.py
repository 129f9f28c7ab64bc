"""Which log is shown, from when, how much of it; and what in it is nobody's business."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from ops.errors import UsageError
from ops.names import name_problem
from ops.remote.command import REDACTED, Shell, run_attended
from ops.status.services import NAMES
from ops.words import listed

LINES = 100
"""Shown where nothing else says how many."""

NOT_THERE = 44
"""The exit status that tells that there is no such container."""

_SECRET = re.compile(
    r"((?:token|password|api_key|authorization)[=:] *(?:token |bearer )?)[^\s&\"',]+", re.I
)
_CONTROL = re.compile(
    r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|[\x00-\x08\x0b-\x1f\x7f-\x9f]"
)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}

# The log of a lab that ended by itself stays until its member starts the next one.
_LOGS = f"""\
state=$(docker inspect -f '{{{{.State.Running}}}} {{{{.State.FinishedAt}}}}' "$1" 2>/dev/null) ||
  exit {NOT_THERE}
[ "${{state%% *}}" = true ] ||
  echo "(it ended at $(date -d "${{state#* }}" '+%F %T'); this is its last log)"
shift
exec docker logs "$@" 2>&1
"""


@dataclass(frozen=True)
class Wanted:
    """A log: `name` is a service, or a member where `is_lab`."""

    name: str
    is_lab: bool
    lines: int | None
    since: datetime | None
    pattern: re.Pattern[str] | None
    follow: bool

    @property
    def container(self) -> str:
        return f"{'lab' if self.is_lab else 'labhub'}-{self.name}"


def read_wanted(
    service: str, user: str, since: str, grep: str, lines: int, follow: bool, now: datetime
) -> Wanted:
    """Read what an operator asks for.

    :raises UsageError: with what is wrong about it.
    """
    if user and service:
        raise UsageError("Either --service or --user: a lab is no service")
    if user and (problem := name_problem(user)):
        raise UsageError(problem)
    if service and service not in NAMES:
        raise UsageError(f"There is no service {service!r}: it is {listed(NAMES)}")
    if lines < 0:
        raise UsageError("--lines should be 0 (all) or more")
    begin = read_since(since, now) if since else None
    pattern = read_pattern(grep) if grep else None
    # Who names a time or a pattern wants all that fits it.
    number = lines or (None if begin or pattern else LINES)
    return Wanted(user or service or "hub", bool(user), number, begin, pattern, follow)


def read_since(text: str, now: datetime) -> datetime:
    """Read ``30m``, ``2h``, ``3d`` or a day and time as ``2026-11-20 08:00``."""
    if found := re.fullmatch(r"(\d{1,6})([smhd])", text.strip()):
        return now - timedelta(**{_UNITS[found[2]]: int(found[1])})
    try:
        return datetime.fromisoformat(text.strip()).astimezone()
    except (ValueError, OverflowError) as error:
        form = 'a while such as 30m, 2h or 3d, or a day and time as "2026-11-20 08:00"'
        raise UsageError(f"--since should be {form}, not {text!r}") from error


def read_pattern(text: str) -> re.Pattern[str]:
    """Read a regular expression; upper and lower case are the same."""
    try:
        return re.compile(text, re.IGNORECASE)
    except re.error as error:
        raise UsageError(f"--grep {text!r} is no regular expression: {error}") from error


def show_log(wanted: Wanted) -> Shell:
    """Return the step that prints a log; it ends with its session."""
    options = []
    if wanted.since:
        options += ["--since", wanted.since.isoformat()]
    # A pattern is looked for in everything: which lines it fits is known only here.
    if wanted.lines is not None and wanted.pattern is None:
        options += ["--tail", str(wanted.lines)]
    if wanted.follow:
        options.append("--follow")
    return run_attended("bash", "-c", _LOGS, "logs", wanted.container, *options, wanted.container)


def fitting(wanted: Wanted, take: Callable[[str], None]) -> Callable[[str], None]:
    """Return what takes only the lines that fit, without what is secret in them."""

    def pick(line: str) -> None:
        if wanted.pattern is None or wanted.pattern.search(line):
            take(without_secrets(line))

    return pick


def without_secrets(line: str) -> str:
    """Strike tokens and passwords out of a line, and what would steer the operator's terminal.

    Members write the logs of their labs.
    """
    return _SECRET.sub(rf"\1{REDACTED}", _CONTROL.sub("", line))
