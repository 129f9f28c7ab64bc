"""The member in the lab's own /etc/passwd and /etc/group, so that `whoami` knows who it is."""

import io
import tarfile
from collections.abc import Mapping

from .accounts import Account

SHELL = "/bin/bash"


def with_user(passwd: str, user: Account) -> str:
    """Return an image's passwd file with the member in it; other users are kept.

    An image's user of the same number would answer for the member, and has to go.
    """
    line = f"{user.name}:x:{user.uid}:{user.gid}::{user.home}:{SHELL}"
    return _replace(passwd, {(user.name, user.uid): line})


def with_groups(group: str, user: Account) -> str:
    """Return an image's group file with the member's groups in it; other groups are kept."""
    lines = {
        (found.name, found.gid): f"{found.name}:x:{found.gid}:{user.name}" for found in user.groups
    }
    return _replace(group, lines)


def _replace(text: str, lines: Mapping[tuple[str, int], str]) -> str:
    names = {name for name, _ in lines}
    numbers = {str(number) for _, number in lines}
    kept = [line for line in text.splitlines() if line and not _is_of(line, names, numbers)]
    return "\n".join([*kept, *lines.values()]) + "\n"


def _is_of(line: str, names: set[str], numbers: set[str]) -> bool:
    fields = line.split(":")
    return fields[0] in names or (len(fields) > 2 and fields[2] in numbers)


def pack(files: Mapping[str, str]) -> bytes:
    """Pack files, owned by root and readable by all, as Docker wants them."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, text in files.items():
            content = text.encode()
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), 0o644
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def unpack(data: bytes) -> str:
    """Return the text of the one file in an archive that Docker sent."""
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        member = archive.next()
        content = archive.extractfile(member) if member else None
        return content.read().decode(errors="replace") if content else ""
