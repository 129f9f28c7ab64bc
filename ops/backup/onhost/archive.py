"""The format of a backup: a tar file that begins with what it is and ends with its parts' hashes.

The hashes come last, so that parts of any size are written as they are read. A file without them
was cut off.
"""

import hashlib
import io
import json
import tarfile
from collections.abc import Callable, Mapping
from typing import IO, Any

from .errors import DamagedError, ForeignError

FORMAT = 1
HEADER = "labhub-backup.json"
SUMS = "sha256.json"
CHUNK = 1 << 20
LONGEST_TEXT = 64 << 20
"""Bytes of header and hashes: more is no backup, and is not read into memory."""

Header = Mapping[str, Any]
OnPart = Callable[[tarfile.TarInfo, IO[bytes]], None]


class Writer:
    """Write a backup part by part; without `finish` it stays one that was cut off."""

    def __init__(self, out: IO[bytes], header: Header) -> None:
        counting: Any = _Counting(out)
        self._tar = tarfile.TarFile(fileobj=counting, mode="w", format=tarfile.PAX_FORMAT)
        self._sums: dict[str, str] = {}
        self.add_bytes(HEADER, json.dumps({"format": FORMAT, **header}).encode())

    def add_bytes(self, name: str, content: bytes) -> None:
        """Add a part that is in memory."""
        self.add(name, io.BytesIO(content), len(content))

    def add(self, name: str, source: IO[bytes], size: int) -> None:
        """Add a part of this size."""
        info = tarfile.TarInfo(name)
        info.size = size
        hashing = _Hashing(source)
        self._tar.addfile(info, hashing)
        self._sums[name] = hashing.digest

    def finish(self) -> None:
        """Add the hashes, which make it whole."""
        self.add_bytes(SUMS, json.dumps(self._sums).encode())
        self._tar.close()


class _Counting:
    """A pipe that knows its place; tarfile's own stream would write to one that has broken."""

    def __init__(self, out: IO[bytes]) -> None:
        self._out = out
        self._place = 0

    def tell(self) -> int:
        return self._place

    def write(self, data: bytes) -> int:
        self._place += len(data)
        return self._out.write(data)


class _Hashing:
    """A file that hashes what is read of it."""

    def __init__(self, source: IO[bytes]) -> None:
        self._source = source
        self._state = hashlib.sha256()

    @property
    def digest(self) -> str:
        return self._state.hexdigest()

    def read(self, size: int = -1) -> bytes:
        data = self._source.read(size)
        self._state.update(data)
        return data


def read(source: IO[bytes], on_part: OnPart | None = None) -> Header:
    """Read a backup to its end, hand out its parts, and return its header.

    Parts are handed out before it is known that the file is whole: read it once without `on_part`.

    :raises ForeignError: where it is no backup of ours, or one of a later format.
    :raises DamagedError: where a part is not as it was written, or where the end is missing.
    """
    header: Header | None = None
    found: dict[str, str] = {}
    try:
        with tarfile.open(fileobj=source, mode="r|") as tar:
            for info in tar:
                part = tar.extractfile(info)
                if part is None:
                    raise DamagedError(f"The backup is damaged: {info.name[:80]!r} is no file")
                if header is None:
                    text = _text(info, part, HEADER)
                    header, found[HEADER] = _header(text), hashlib.sha256(text).hexdigest()
                elif info.name == SUMS:
                    _compare(_text(info, part, SUMS), found)
                    return header
                else:
                    found[info.name] = _hand_out(info, part, on_part)
    except (tarfile.TarError, EOFError, ValueError) as error:
        if header is None:
            raise ForeignError("This is no backup of this tool") from error
        raise DamagedError("The backup is damaged, or was cut off") from error
    if header is None:
        raise ForeignError("This is no backup of this tool")
    raise DamagedError("The backup was cut off: its end is missing")


def _text(info: tarfile.TarInfo, part: IO[bytes], name: str) -> bytes:
    if info.name != name or info.size > LONGEST_TEXT:
        raise ForeignError("This is no backup of this tool")
    return part.read()


def _header(text: bytes) -> Header:
    try:
        header = json.loads(text)
        version = int(header["format"])
    except (ValueError, LookupError, TypeError) as error:
        raise DamagedError("The backup is damaged: its beginning cannot be read") from error
    if version > FORMAT:
        raise ForeignError(
            f"The backup has format {version}, and this checkout reads up to {FORMAT}: use the "
            "checkout that wrote it, or a later one"
        )
    return dict(header)


def _hand_out(info: tarfile.TarInfo, part: IO[bytes], on_part: OnPart | None) -> str:
    hashing = _Hashing(part)
    if on_part is not None:
        on_part(info, hashing)  # type: ignore[arg-type]
    while hashing.read(CHUNK):
        pass
    return hashing.digest


def _compare(text: bytes, found: Mapping[str, str]) -> None:
    wanted = json.loads(text)
    if wrong := sorted(name for name in {*wanted, *found} if wanted.get(name) != found.get(name)):
        more = f" and {len(wrong) - 1} more parts" if len(wrong) > 1 else ""
        raise DamagedError(f"The backup is damaged: {wrong[0]}{more} are not as they were written")
