"""Hosts that are frozen as they are, and copied: what takes minutes to make is made once.

A frozen host is an image, which its container became, and the volume that its engine had; both go
when its sandbox is removed.
"""

from pathlib import Path, PurePosixPath

import docker

from sandbox.layout import BASE_IMAGE, Layout
from sandbox.patience import SERVICE
from sandbox.running import Sandbox

THAW = Path(__file__).with_name("thaw.sh")


def freeze(host: Sandbox) -> None:
    """Keep a host as it is now; it is switched off in order, and is no host any more."""
    host.container.stop(timeout=int(SERVICE))
    repository, _, tag = host.layout.frozen.partition(":")
    host.container.commit(repository, tag, pause=False)
    host.container.remove()


def copy_volume(client: docker.DockerClient, frozen: Layout, target: Layout) -> None:
    """Fill the volume of a new host with what the engine of a frozen one had."""
    folders = [
        PurePosixPath(client.volumes.get(layout.volume).attrs["Mountpoint"])
        for layout in (frozen, target)
    ]
    # Only below one mount can files be shared.
    above = str(folders[0].parents[1])
    client.containers.run(
        BASE_IMAGE,
        ["sh", "-c", THAW.read_text(), "thaw.sh", *map(str, folders)],
        volumes={above: {"bind": above}},
        # What marks a layer of overlay2 as such is an attribute that only root may write.
        cap_add=["SYS_ADMIN"],
        security_opt=["apparmor=unconfined"],
        network_disabled=True,
        remove=True,
    )
