"""The file server's shares: which of them a lab is given, and how its container gets them."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .names import mount_folder, mount_point


class MountsError(Exception):
    """The list of mounts is not what `inv mounts` writes."""


@dataclass(frozen=True)
class Mount:
    """A share as the host mounts it; `group` None means that it is for every member."""

    name: str
    target: str
    server: str
    read_only: bool
    group: str | None

    @property
    def folder(self) -> str:
        """What a lab binds: a local folder, whether or not the share is there."""
        return mount_folder(self.name)

    @property
    def point(self) -> str:
        """Where the share appears, on the host, in the hub and in the labs."""
        return mount_point(self.name)


def read_mounts(path: Path) -> tuple[Mount, ...]:
    """Return the mounts as of now, none where `inv mounts` has never run.

    :raises MountsError: where the list cannot be read.
    """
    try:
        text = path.read_text()
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise MountsError(str(error)) from error
    return parse_mounts(text)


def parse_mounts(text: str) -> tuple[Mount, ...]:
    """Read the list that `inv mounts` writes; what a later version may add to it is ignored.

    :raises MountsError: where it is no such list.
    """
    try:
        return tuple(_mount(**entry) for entry in json.loads(text))
    except (TypeError, ValueError) as error:
        raise MountsError(str(error)) from error


def _mount(
    *, name: str, target: str, server: str, read_only: bool, group: str | None, **_: object
) -> Mount:
    return Mount(name, target, server, read_only, group)


def given(mounts: Sequence[Mount], groups: Iterable[str]) -> tuple[Mount, ...]:
    """Return the mounts that a member of these groups gets."""
    own = set(groups)
    return tuple(mount for mount in mounts if mount.group is None or mount.group in own)


def binds(mounts: Sequence[Mount]) -> list[dict[str, Any]]:
    """Return the lab's binds: of each the folder around the mount point, at the host's path.

    The share itself comes and goes below it, by propagation, in a lab that runs as in a new one.
    A bind of the mount point would stay empty in a lab that was started while it was away.
    """
    return [
        {
            "type": "bind",
            "source": mount.folder,
            "target": mount.folder,
            "read_only": mount.read_only,
            "propagation": "rslave",
        }
        for mount in mounts
    ]


def environment(mounts: Sequence[Mount]) -> dict[str, str]:
    """Return what tells `lab-entry` which links belong into the home: also that none does."""
    return {"LABHUB_MOUNTS": " ".join(mount.name for mount in mounts)}
