"""The container that is a sandbox host: created with its keys in place, started, removed."""

import io
import tarfile
import time
from collections.abc import Callable
from contextlib import suppress

import docker
from docker.errors import APIError, NotFound
from docker.models.containers import Container

from ops.errors import OpsError
from sandbox import ports
from sandbox.engine import SandboxError
from sandbox.frozen import copy_volume
from sandbox.layout import Layout
from sandbox.patience import until


def find(client: docker.DockerClient, layout: Layout) -> Container | None:
    """Return the container of a sandbox, running or not."""
    try:
        return client.containers.get(layout.container)
    except NotFound:
        return None


def is_there(client: docker.DockerClient, layout: Layout) -> bool:
    """Tell whether there is anything of a sandbox, frozen or not."""
    with suppress(NotFound):
        return bool(client.volumes.get(layout.volume))
    return find(client, layout) is not None


def remove(client: docker.DockerClient, layout: Layout) -> None:
    """Remove a sandbox's container and volumes, where there are any, frozen or not."""
    # A busy engine says now and then that something is in use which it has yet to let go.
    for take_away, what in (
        (lambda: client.containers.get(layout.container).remove(force=True, v=True), "container"),
        (lambda: client.volumes.get(layout.volume).remove(force=True), "volume"),
        (lambda: client.images.remove(layout.frozen, force=True), "frozen image"),
    ):
        _take_away(take_away, f"The {what} of {layout.container} is gone")


def _take_away(take_away: Callable[[], object], what: str) -> None:
    refusals = [""]

    def is_gone() -> bool:
        try:
            take_away()
        except NotFound:
            return True
        except APIError as error:
            refusals.append(str(error))
            return False
        return True

    try:
        until(is_gone, what)
    except OpsError as error:
        raise SandboxError(f"{error}; the engine says: {refusals[-1]}") from error


def start(
    client: docker.DockerClient,
    layout: Layout,
    container: Container | None,
    frozen: Layout | None = None,
) -> Container:
    """Start the container that there is, or a new one on free ports: bare, or as a frozen host."""
    if container is not None:
        container.start()
        container.reload()
        return container
    taken: set[int] = set()
    while True:
        ssh, web = ports.choose(layout, taken)
        container = _create(client, layout, ssh, web, frozen)
        try:
            container.start()
        except APIError as error:
            remove(client, layout)
            said = str(error)
            if "already allocated" not in said and "already in use" not in said:
                raise SandboxError(f"The sandbox host cannot be started: {said}") from error
            # Another program was quicker, or holds the port where this process cannot see it.
            taken |= {ssh, web}
        else:
            container.reload()
            return container


def _create(
    client: docker.DockerClient, layout: Layout, ssh: int, web: int, frozen: Layout | None
) -> Container:
    client.volumes.create(layout.volume, labels=layout.labels)
    if frozen:
        copy_volume(client, frozen, layout)
    api = client.api
    limits = api.create_host_config(
        # Not `privileged`, which wants a capability (SYS_RESOURCE) that some machines withhold.
        cap_add=["ALL"],
        cap_drop=["SYS_RESOURCE"],
        security_opt=["seccomp=unconfined", "apparmor=unconfined"],
        cgroupns="private",
        device_cgroup_rules=["a *:* rwm"],
        tmpfs={"/run": "", "/run/lock": "", "/tmp": "exec"},  # noqa: S108 - inside the container
        # A volume, because overlay2 of the engine inside cannot stand on overlay2.
        binds=[f"{layout.volume}:/var/lib/docker"],
        port_bindings={22: ("127.0.0.1", ssh), 80: ("127.0.0.1", web)},
    )
    # What `--security-opt systempaths=unconfined` stands for: containers inside mount /proc anew.
    limits.update(MaskedPaths=[], ReadonlyPaths=[])
    made = api.create_container(
        frozen.frozen if frozen else layout.image,
        name=layout.container,
        hostname=layout.alias,
        labels=layout.labels,
        ports=[22, 80],
        host_config=limits,
    )
    container = client.containers.get(made["Id"])
    container.put_archive("/", _keys_for(layout))
    return container


def _keys_for(layout: Layout) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for path, owner, content in (
            ("etc/ssh/ssh_host_ed25519_key", 0, layout.host_key),
            ("etc/ssh/ssh_host_ed25519_key.pub", 0, layout.host_key.with_suffix(".pub")),
            ("home/agfalta/.ssh/authorized_keys", 1000, layout.operator_key.with_suffix(".pub")),
        ):
            entry = tarfile.TarInfo(path)
            entry.uid = entry.gid = owner
            entry.mode, entry.mtime = 0o600, time.time()
            data = content.read_bytes()
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return packed.getvalue()
