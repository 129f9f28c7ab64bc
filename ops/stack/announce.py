"""Operation: what the operator has to say to everybody, on every page of the hub."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from ops.errors import UsageError
from ops.remote.command import Change, Upload, run
from ops.remote.framing import Answers
from ops.stack import hub_files

FILE = f"{hub_files.FOLDER}/announcement.json"
LONGEST = 500
"""Characters. It stands above everything else, on a phone too."""

ANNOUNCEMENT = (hub_files.question("announcement", FILE),)


@dataclass(frozen=True)
class Announced:
    """What stands on the pages now; `is_there` also where the file is damaged."""

    text: str = ""
    since: str = ""
    is_there: bool = False
    is_readable: bool = False
    """Whether the hub may read it, and nobody else write it."""


def read_text(text: str) -> str | None:
    """Check the text of an announcement: empty for ``--clear``, None for ``--show``.

    :raises UsageError: where the pages cannot show it.
    """
    text = "\n".join(line.strip() for line in text.strip().splitlines())
    if text in ("--clear", "--show"):
        return "" if text == "--clear" else None
    if not text or text.startswith("-"):
        raise UsageError(
            f'what? Give a text: inv announce "hub update at 17:00", or --clear, not {text!r}'
        )
    if len(text) > LONGEST:
        raise UsageError(f"an announcement has at most {LONGEST} characters, this is {len(text)}")
    if not text.replace("\n", "").isprintable():
        raise UsageError("an announcement is plain text, without control characters")
    return text


def parse_announcement(answers: Answers) -> Announced:
    """Read the answer to `ANNOUNCEMENT`."""
    is_readable, content = hub_files.parse(answers["announcement"])
    try:
        found = json.loads(content)
        text, since = str(found["text"]), str(found.get("since", ""))
    except (AttributeError, LookupError, TypeError, ValueError):
        text = since = ""
    return Announced(text, since, bool(answers["announcement"]), is_readable)


def describe(facts: Announced) -> str:
    """Say what stands on the pages now."""
    if not facts.text:
        return "Nothing is announced."
    return f"Announced since {facts.since or 'an unknown time'}:\n{facts.text}"


def announcing(text: str, now: datetime) -> Callable[[Answers], Iterator[Change]]:
    """Return the operation of `inv announce`: an empty text takes the announcement away."""

    def operation(answers: Answers) -> Iterator[Change]:
        facts = parse_announcement(answers)
        return ensure_announcement(text, now, facts) if text else ensure_no_announcement(facts)

    return operation


def ensure_announcement(text: str, now: datetime, facts: Announced) -> Iterator[Change]:
    """Let every page show this text; the time of one that is shown already stays."""
    if facts.text == text and facts.is_readable:
        return
    since = now.astimezone(UTC).isoformat(timespec="seconds")
    content = json.dumps({"text": text, "since": since}, ensure_ascii=False) + "\n"
    yield Change(f"Announce: {text}", (Upload(FILE, content),))


def ensure_no_announcement(facts: Announced) -> Iterator[Change]:
    """Let no page show anything any more."""
    if facts.is_there:
        yield Change("Take the announcement away", (run("rm", "-f", "--", FILE),))
