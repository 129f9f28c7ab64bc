"""What is put into a lab's container before it starts: who the member is, links to the mounts."""

import io
import tarfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from docker.errors import DockerException, NotFound

from .accounts import Account
from .hostfiles import read_file
from .identity import pack, with_groups, with_user
from .mounts import Mount

IS_FOLDER = 1 << 31
"""The bit of a folder in a file's mode as Docker's archive interface sends it."""

Look = Callable[[str], bool | None]
"""Tells of a path whether it is a folder; None where there is nothing."""


@dataclass(frozen=True)
class Link:
    """A link to a mount's place, and the folders that have to be made for it."""

    path: str
    goal: str
    folders: tuple[str, ...]


def write_identity(client: Any, container: str, user: Account) -> None:
    """Make the member known in the image's passwd and group."""
    files = {
        "passwd": with_user(read_file(client, container, "/etc/passwd"), user),
        "group": with_groups(read_file(client, container, "/etc/group"), user),
    }
    client.put_archive(container, "/etc", pack(files))


def link_mounts(client: Any, container: str, mounts: Sequence[Mount]) -> list[str]:
    """Link the host's paths to the mounts; return in sentences what was left out.

    What the image has in such a place stays as it is. The lab starts in any case.
    """
    problems = []
    for mount in mounts:
        try:
            link = plan_link(mount, lambda path: _is_folder(client, container, path))
            if link is None:
                problems.append(f"The image has a {mount.target} of its own: no link is made.")
            else:
                client.put_archive(container, "/", pack_link(link))
        except DockerException as error:
            problems.append(f"{mount.target} cannot be made a link: {error}")
    return problems


def plan_link(mount: Mount, look: Look) -> Link | None:
    """Return the link for a mount, None where the image has something in its way."""
    if look(mount.target) is not None:
        return None
    missing: list[str] = []
    for parent in map(str, list(PurePosixPath(mount.target).parents)[:-1]):
        is_folder = look(parent)
        if is_folder is False:
            return None
        if is_folder:
            break
        missing.insert(0, parent)
    return Link(mount.target, mount.point, tuple(missing))


def pack_link(link: Link) -> bytes:
    """Pack a link and its folders, owned by root, as Docker wants them below ``/``."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for path in link.folders:
            folder = tarfile.TarInfo(path.lstrip("/"))
            folder.type, folder.mode = tarfile.DIRTYPE, 0o755
            archive.addfile(folder)
        entry = tarfile.TarInfo(link.path.lstrip("/"))
        entry.type, entry.mode, entry.linkname = tarfile.SYMTYPE, 0o777, link.goal
        archive.addfile(entry)
    return buffer.getvalue()


def _is_folder(client: Any, container: str, path: str) -> bool | None:
    try:
        _, found = client.get_archive(container, path)
    except NotFound:
        return None
    return bool(found["mode"] & IS_FOLDER)
