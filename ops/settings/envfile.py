"""The `.env` file of a lab: found, read, and split into keys, values and their lines."""

from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from ops.errors import ConfigError


@dataclass(frozen=True)
class Line:
    """A key with its value, and where it stands; without a key where it is no such line."""

    key: str | None
    value: str | None
    where: str


def find(folder: Path, lab: str) -> Path:
    """Return the path of a lab's file, which need not exist."""
    return folder / (f".env.{lab}" if lab else ".env")


def read(path: Path) -> str:
    """Read a file; one that does not exist is empty."""
    try:
        return path.read_text("utf-8-sig") if path.is_file() else ""
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path.name} is not UTF-8 text: save it as UTF-8") from error
    except OSError as error:
        raise ConfigError(f"{path.name} cannot be read: {error.strerror}") from error


def how_to_begin(path: Path) -> str:
    """Say what to do where a lab's file does not exist."""
    others = sorted(
        other.name.removeprefix(".env.")
        for other in path.parent.glob(".env.*")
        if other.name != ".env.example"
    )
    hint = f"cp .env.example {path.name}, then edit it"
    if others:
        hint += "; or choose a lab that is configured: " + ", ".join(f"LAB={lab}" for lab in others)
    return f"There is no {path.name}: {hint}."


def split(text: str, name: str) -> Iterator[Line]:
    """Yield the lines of a file's text, comments and blank ones left out."""
    from dotenv.parser import parse_stream

    for binding in parse_stream(StringIO(text)):
        # dotenv counts blank lines before a key as part of it.
        blank = len(binding.original.string) - len(binding.original.string.lstrip("\r\n"))
        line = binding.original.line + binding.original.string[:blank].count("\n")
        where = f"{name}:{line}"
        if binding.error:
            yield Line(None, None, where)
        elif binding.key is not None:
            yield Line(binding.key, binding.value, where)
