"""Mounts as `inv mounts` leaves them, on a host whose kernel has no SMB: a tmpfs stands in.

What is true of SMB itself is tested on a virtual host.
"""

import json
from dataclasses import asdict, dataclass

from ops.names import EVERYBODY_GID, mount_folder, mount_point
from sandbox.running import Sandbox
from tests.sandbox.look import sh

HUB_FILE = "/etc/labhub/hub/mounts.json"


@dataclass(frozen=True)
class Share:
    """What the hub is told of a mount."""

    name: str
    read_only: bool = False
    group: str | None = None
    server: str = "192.168.2.99"
    at: str = ""

    @property
    def target(self) -> str:
        return self.at or f"/mnt/{self.name}"


def offer(host: Sandbox, *shares: Share) -> None:
    """Tell the hub which mounts there are."""
    fields = ("name", "target", "server", "read_only", "group")
    listed = [{key: (asdict(it) | {"target": it.target})[key] for key in fields} for it in shares]
    sh(
        host,
        'mkdir -p "$(dirname $1)"; printf %s "$2" >$1.new; mv $1.new $1',
        HUB_FILE,
        json.dumps(listed),
    )


def place(host: Sandbox, share: Share) -> None:
    """Make the mount point, into which nobody can look while nothing is mounted."""
    folder, point = mount_folder(share.name), mount_point(share.name)
    sh(host, "mkdir -p $2; chmod 755 $1; chmod 0 $2", folder, point)


def mount(host: Sandbox, share: Share) -> None:
    """Let the share come: with one file in it, and the rights that the real ones have."""
    gid = sh(host, "getent group $1 | cut -d: -f3", share.group) if share.group else EVERYBODY_GID
    mode = "0770" if share.group else "0775"
    sh(
        host,
        "mount -t tmpfs -o uid=1000,gid=$2,mode=$3 tmpfs $1; echo measured >$1/first.txt; "
        "mount -o remount,$4 $1",
        *(mount_point(share.name), str(gid), mode, "ro" if share.read_only else "rw"),
    )


def unmount(host: Sandbox, share: Share) -> None:
    """Let the share go, whoever holds something in it open."""
    point = mount_point(share.name)
    sh(host, "while mountpoint -q $1; do umount --lazy $1; done", point)


def remove(host: Sandbox, *shares: Share) -> None:
    """Leave the host as it was."""
    sh(host, "rm -f $1", HUB_FILE)
    for share in shares:
        unmount(host, share)
        sh(host, "rm -rf $1", mount_folder(share.name))
