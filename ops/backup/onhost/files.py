"""Backups in a folder: their names, how one comes to its name, and which ones are kept."""

import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from .archive import Header, read
from .crypt import SUFFIX, decrypted
from .errors import BackupError, sentence

_TIME = "%Y%m%dT%H%M%SZ"
_NAME = re.compile(r"labhub-([a-z0-9.-]+)-(\d{8}T\d{6}Z)\.tar(\.gpg)?", re.ASCII)


@dataclass(frozen=True)
class Found:
    """A backup in a folder. One has its name only since it was verified."""

    path: Path
    lab: str
    time: datetime
    size: int


def lab_of(name: str, host: str) -> str:
    """Return what the backups of one lab are called by, on whatever disk they are together."""
    return re.sub(r"[^a-z0-9.]+", "-", f"{name}-{host}".lower()).strip("-.")


def name_of(lab: str, time: datetime, passphrase: str) -> str:
    """Name a backup so that names sort by time."""
    return f"labhub-{lab}-{time.astimezone(UTC):{_TIME}}.tar{SUFFIX if passphrase else ''}"


def is_name(name: str) -> bool:
    """Tell whether a file is a backup by its name, which it has only since it was verified."""
    return _NAME.fullmatch(name) is not None


def time_of(name: str) -> datetime:
    """Return when a backup was written, by its name."""
    match = _NAME.fullmatch(name)
    if match is None:
        raise BackupError(f"{name} is no name of a backup")
    return datetime.strptime(match[2], _TIME).replace(tzinfo=UTC)


def backups(folder: Path) -> list[Found]:
    """List the backups of a folder, the newest first."""
    found = []
    for path in folder.iterdir() if folder.is_dir() else ():
        if match := _NAME.fullmatch(path.name):
            found.append(Found(path, match[1], time_of(path.name), path.stat().st_size))
    return sorted(found, key=lambda it: it.time, reverse=True)


def surplus(found: Sequence[Found], lab: str, keep: int) -> list[Found]:
    """Return which backups of a lab are more than are to be kept; 0 keeps all."""
    own = sorted((it for it in found if it.lab == lab), key=lambda it: it.time, reverse=True)
    return own[keep:] if keep else []


def verify(path: Path, passphrase: str) -> Header:
    """Read a backup to its end, and return its header.

    :raises BackupError: where it is not what was written.
    """
    try:
        with path.open("rb") as file, decrypted(file, passphrase) as plain:
            return read(plain)
    except OSError as error:
        raise BackupError(sentence(error, f"reading {path}")) from error


def store(folder: Path, name: str, passphrase: str, write: Callable[[IO[bytes]], None]) -> Header:
    """Write a backup beside its name, prove it, and give it the name.

    Whatever goes wrong, nothing is left of it and the others are as they were.
    """
    beside = folder / f".{name}.partial"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for left in _abandoned(folder, beside):
            left.unlink(missing_ok=True)
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            write(out)
            out.flush()
            os.fsync(out.fileno())
        header = verify(beside, passphrase)
        beside.rename(folder / name)
        _sync(folder)
    except OSError as error:
        raise BackupError(sentence(error, f"the backup in {folder}")) from error
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
    return header


def _abandoned(folder: Path, beside: Path) -> Iterator[Path]:
    """Yield what a machine that went down in the middle has left of the same lab."""
    lab = beside.name.rpartition("-")[0]
    yield from folder.glob(f"{lab}-*.partial")


def _sync(folder: Path) -> None:
    # Not every share can: the file itself is written by now.
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def remove_surplus(folder: Path, lab: str, keep: int) -> list[str]:
    """Remove the oldest backups of a lab, and return their names."""
    gone = surplus(backups(folder), lab, keep)
    for it in gone:
        it.path.unlink(missing_ok=True)
    return [it.path.name for it in gone]
