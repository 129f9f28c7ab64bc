"""What the operator has to say to everybody, on every page."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from .shared import FOLDER, read_json

FILE = "announcement.json"


@dataclass(frozen=True)
class Announcement:
    """A text, never HTML, and since when it holds; `since` None where that cannot be read."""

    text: str
    since: datetime | None


def read_announcement(user: object = None, folder: Path = FOLDER) -> Announcement | None:
    """Return what `inv announce` said last; None where there is nothing to say.

    JupyterHub calls it with the user of each page, who makes no difference.
    """
    return parse_announcement(read_json(FILE, {}, folder))


def parse_announcement(found: Mapping[str, Any]) -> Announcement | None:
    """Read the file's content; what is damaged is as good as not there."""
    text = found.get("text")
    if not isinstance(text, str) or not text.strip():
        return None
    return Announcement(text.strip(), _read_time(found.get("since")))


def _read_time(value: object) -> datetime | None:
    try:
        return datetime.fromisoformat(str(value)).astimezone(UTC)
    except ValueError:
        return None
