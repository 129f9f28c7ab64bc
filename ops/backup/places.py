"""Where backups go: a folder of the laptop, ``host:/folder``, or ``mount:NAME/folder``."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ops.errors import UsageError
from ops.settings.shares import Mount

DEFAULT = "backups"
ON_HOST = "/var/backups/labhub"
FORM = "should be a folder here, host:/folder or mount:NAME/folder"


@dataclass(frozen=True)
class Place:
    """A folder for backups; `point` is the mount that it must be below, where it is on a share."""

    folder: str
    is_on_host: bool
    point: str = ""

    def __str__(self) -> str:
        return f"host:{self.folder}" if self.is_on_host else self.folder

    @property
    def local(self) -> Path:
        """Return the folder of this machine."""
        return Path(self.folder).expanduser()


def read_place(text: str, mounts: Sequence[Mount]) -> Place:
    """Read ``~/backups``, ``host:/folder`` or ``mount:NAME/folder``.

    :raises UsageError: where it is none of these, before any connection.
    """
    kind, is_split, rest = text.partition(":")
    if kind == "host" and is_split:
        if not rest.startswith("/") or ".." in PurePosixPath(rest).parts:
            raise UsageError(f"{text!r} {FORM}")
        return Place(rest, is_on_host=True)
    if kind == "mount" and is_split:
        name, _, folder = rest.partition("/")
        points = {mount.name: mount.target for mount in mounts}
        if name not in points:
            known = ", ".join(sorted(points)) or "none"
            raise UsageError(f"{text!r}: .env has no mount {name!r}; it has: {known}")
        if ".." in PurePosixPath(folder).parts:
            raise UsageError(f"{text!r} {FORM}")
        return Place(str(PurePosixPath(points[name], folder)), is_on_host=True, point=points[name])
    return Place(text or DEFAULT, is_on_host=False)
