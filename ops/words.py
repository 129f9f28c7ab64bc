"""Lists, counts and times as a sentence says them."""

from collections.abc import Sequence
from datetime import datetime


def listed(names: Sequence[str]) -> str:
    """Join names: ``a``, ``a and b``, ``a, b and c``."""
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def count(number: int, thing: str) -> str:
    """Count things: ``1 image``, ``2 images``."""
    return f"{number} {thing}{'' if number == 1 else 's'}"


def moment(text: str) -> str:
    """Write a time as the operator's own clock shows it; what is none stays as it is."""
    try:
        return f"{datetime.fromisoformat(text).astimezone():%Y-%m-%d %H:%M}"
    except ValueError:
        return text
