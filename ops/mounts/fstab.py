"""The managed block of `/etc/fstab`; every other byte of the file stays as it is."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ops.errors import OperationError
from ops.names import mount_point
from ops.settings.shares import Mount

CREDENTIALS = "/etc/labhub/credentials"
BEGIN = "# labhub begin: written by `inv mounts`; change .env, not these lines\n"
END = "# labhub end\n"


# Measured on real servers: `soft` and `echo_interval` end a read in a minute when the server is
# silent (an hour of waiting otherwise); the automount alone mounts a share whose server was away
# at boot; an idle share is unmounted, so that a server that vanishes later is nobody's dead mount.
_MANAGED = ("mfsymlinks", "soft", "echo_interval=10")
_BOOT = (
    "_netdev",
    "nofail",
    "x-systemd.automount",
    "x-systemd.idle-timeout=60",
    "x-systemd.mount-timeout=15",
)


@dataclass(frozen=True)
class Fstab:
    """The file, taken apart: the bytes around the managed block, and its lines by mount point."""

    before: bytes
    lines: dict[str, str]
    after: bytes

    @property
    def foreign(self) -> bytes:
        """All that is not managed."""
        return self.before + self.after


def credentials(name: str) -> str:
    """Return where the login of a mount stands on the host."""
    return f"{CREDENTIALS}/{name}"


def mount_options(mount: Mount) -> tuple[str, ...]:
    """Return the options that mount.cifs itself is given, the login aside."""
    share = mount.share
    version = (f"vers={share.version}",) if share.version else ()
    access = ("ro" if share.read_only else "rw", *_owner(mount))
    return (*access, *_MANAGED, *version, *share.options)


def _owner(mount: Mount) -> tuple[str, ...]:
    group = mount.share.group
    if group:
        return ("uid=0", f"gid={group}", "file_mode=0660", "dir_mode=0770")
    if mount.share.read_only:
        return ()
    return ("uid=1000", "gid=100", "file_mode=0664", "dir_mode=0775")


def render_line(mount: Mount) -> str:
    """Return the line of a mount."""
    source = mount.share.source.replace(" ", "\\040")
    options = (f"credentials={credentials(mount.name)}", *mount_options(mount), *_BOOT)
    return f"{source} {mount_point(mount.name)} cifs {','.join(options)} 0 0"


def parse(data: bytes) -> Fstab:
    """Take the file apart.

    :raises OperationError: where the marks of the managed block are not as they were written.
    """
    begin, end = BEGIN.encode(), END.encode()
    if begin not in data and end not in data:
        return Fstab(b"", {}, data)
    before, _, rest = data.partition(begin)
    block, found, after = rest.partition(end)
    is_line = not before or before.endswith(b"\n")
    if not found or begin in block + after or end in before + after or not is_line:
        raise OperationError(
            "In /etc/fstab the marks around labhub's lines were edited. Remove what is left of the "
            f"lines between `{BEGIN.strip()}` and `{END.strip()}`, and both marks; then run the "
            "task again, which writes them anew"
        )
    lines = block.decode(errors="replace").splitlines()
    return Fstab(before, {line.split(" ")[1]: line for line in lines if " " in line}, after)


def render(fstab: Fstab, lines: Iterable[str]) -> bytes:
    """Put the file together again; the block stands first where there was none.

    First, because a last line without a final newline stays as it is then.
    """
    block = "".join(f"{line}\n" for line in lines)
    managed = f"{BEGIN}{block}{END}".encode() if block else b""
    return fstab.before + managed + fstab.after


def foreign_lines(fstab: Fstab) -> Iterator[tuple[str, str]]:
    """Yield source and target of each line that is not managed."""
    for line in fstab.foreign.decode(errors="replace").splitlines():
        fields = line.split()
        if len(fields) > 1 and not line.lstrip().startswith("#"):
            yield fields[0], fields[1]
