"""Everybody's password as a hash, and whether it was given out for one login only."""

import dbm
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

import bcrypt

LONGEST = 72
"""Bytes. bcrypt takes no longer password; from version 5 it raises (once it silently cut it)."""

_ONE_TIME = b"!"
"""No hash begins with it. A member's own is the bare hash, as FirstUseAuthenticator writes it."""


class DamagedError(Exception):
    """The file of all passwords is none, or cannot be used."""


@dataclass(frozen=True)
class Stored:
    """A member's password; `invite` tells one-time passwords apart, and is empty for an own one."""

    hashed: bytes
    invite: str = ""

    @property
    def is_one_time(self) -> bool:
        """Whether it is to be changed before anything else."""
        return bool(self.invite)


class Passwords:
    """The file of all passwords; only the hub's process opens it."""

    def __init__(self, path: str) -> None:
        self._path = path

    @contextmanager
    def _open(self) -> Iterator[Any]:
        try:
            with dbm.open(self._path, "c", 0o600) as file:
                yield file
        # It holds OSError, of which the errors of all kinds of files are.
        except dbm.error as error:
            raise DamagedError(f"The file of all passwords cannot be used: {error}") from error

    def find(self, name: str) -> Stored | None:
        """Return what is stored for a name."""
        with self._open() as file:
            value = file.get(name.encode())
        return None if value is None else _parse(value)

    def everybody(self) -> Mapping[str, Stored]:
        """Return all that is stored, by name."""
        with self._open() as file:
            # The types say that a key may be text; it is one only where it is written as such.
            keys = [cast(bytes, key) for key in file.keys()]  # noqa: SIM118
            return {key.decode(): _parse(file[key]) for key in keys}

    def write(self, name: str, stored: Stored) -> None:
        """Give a name this password, whatever it had."""
        mark = _ONE_TIME + stored.invite.encode() + b":" if stored.invite else b""
        with self._open() as file:
            file[name.encode()] = mark + stored.hashed

    def begin(self, name: str, hashed: bytes) -> bool:
        """Give a name its first password; False where it has got one in the meantime."""
        if self.find(name):
            return False
        self.write(name, Stored(hashed))
        return True

    def forget(self, name: str) -> None:
        """Let a name have no password any more."""
        with self._open() as file:
            if name.encode() in file:
                del file[name.encode()]


def _parse(value: bytes) -> Stored:
    if not value.startswith(_ONE_TIME):
        return Stored(value)
    invite, _, hashed = value.removeprefix(_ONE_TIME).partition(b":")
    return Stored(hashed, invite.decode())


def is_too_long(password: str) -> bool:
    """Tell whether a password is none because bcrypt would not take it."""
    return len(password.encode()) > LONGEST


def make_hash(password: str) -> bytes:
    """Hash a password; takes a quarter of a second, as is meant."""
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt())


def is_right(password: str, hashed: bytes) -> bool:
    """Tell whether a password is the one that was hashed; takes as long as hashing it."""
    return bcrypt.checkpw(password.encode(), hashed)
