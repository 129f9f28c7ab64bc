"""The steps that mount, try, place and remove: what no single program does."""

from collections.abc import Sequence

from ops.mounts.facts import OUTDATED, unit
from ops.mounts.fstab import credentials
from ops.names import mount_folder, mount_point
from ops.plan.command import Secret, Shell
from ops.plan.files import read_script
from ops.settings.shares import Mount


def try_out(what: str, mount: Mount, options: Sequence[str], login: Secret) -> Shell:
    """Mount a share at a place of its own for a moment; one that is away is no error.

    It prints ``try NAME`` first, then what mount.cifs and the kernel said where it failed.
    """
    arguments = (mount.name, mount.share.source, ",".join(options))
    return Shell(what, _read("try.sh"), arguments, login)


def note(what: str, path: str) -> Shell:
    """Leave an empty file, its folder made where it is missing."""
    return Shell(what, 'mkdir -p "$(dirname "$1")" && touch "$1"', (path,))


def place(what: str, mount: Mount, before: str) -> Shell:
    """Make the mount point, into which nothing can be written, and the link that leads to it."""
    return Shell(what, _read("place.sh"), (mount_folder(mount.name), mount.target, before))


def replace_fstab(what: str, arguments: tuple[str, str]) -> Shell:
    """Replace /etc/fstab, of the digest that is expected, by base64 text, once it is verified."""
    return Shell(what, _read("verify.sh", "fstab.sh"), arguments)


def restart(what: str, name: str) -> Shell:
    """Mount anew, at the first access, by what fstab says now."""
    arguments = (unit(name), mount_point(name), f"{OUTDATED}/{name}")
    return Shell(what, _read("unmount.sh", "restart.sh"), arguments)


def remove(what: str, name: str, target: str) -> Shell:
    """Unmount and take away all that a mount was made of, its line in fstab aside."""
    arguments = (unit(name), mount_folder(name), target)
    left = (f"{OUTDATED}/{name}", credentials(name))
    return Shell(what, _read("unmount.sh", "remove.sh"), (*arguments, *left))


def _read(*names: str) -> str:
    return read_script("ops.mounts", *names)
