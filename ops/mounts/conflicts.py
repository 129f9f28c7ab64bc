"""What stands in the way of a mount: told before anything is changed."""

from collections.abc import Iterator, Sequence

from ops.errors import OperationError
from ops.mounts.facts import MountFacts
from ops.mounts.fstab import Fstab, foreign_lines
from ops.names import mount_point
from ops.settings.shares import Mount


def refuse_conflicts(mounts: Sequence[Mount], present: Fstab, facts: MountFacts) -> None:
    """Raise an `OperationError` that names everything in the way at once."""
    if problems := [*_kernel(mounts, facts), *_in_use(mounts, present, facts)]:
        raise OperationError("\n".join(problems))


def _kernel(mounts: Sequence[Mount], facts: MountFacts) -> Iterator[str]:
    if mounts and not facts.has_module:
        yield (
            f"The kernel {facts.kernel} has no cifs module, so that it can mount no SMB share: "
            "install a full kernel there (Debian: apt install linux-image-amd64) and reboot"
        )


def _in_use(mounts: Sequence[Mount], present: Fstab, facts: MountFacts) -> Iterator[str]:
    """Say which paths stand in the way; nothing that is not ours is ever taken away."""
    by_hand = {target: source for source, target in foreign_lines(present)}
    for mount in mounts:
        path, has = mount.target, facts.targets.get(mount.target)
        if path in by_hand:
            yield (
                f"{path} is in use: a line of /etc/fstab that is not labhub's mounts "
                f"{by_hand[path]} there. Take the line out, `umount {path}`, then run the task "
                "again"
            )
        elif has and has.kind == "mount":
            yield f"{path} is in use: {has.leads_to} is mounted there. `umount {path}` first"
        elif has and not (has.kind == "empty" or is_our_link(mount, facts)):
            what = f"a link to {has.leads_to}" if has.kind == "link" else f"a {has.kind}"
            yield f"{path} is in use: it is {what}. Move it away, or choose another at= for it"
        if facts.points.get(mount.name) == "filled":
            yield f"{mount_point(mount.name)} holds files that a mount would hide: move them away"


def is_our_link(mount: Mount, facts: MountFacts) -> bool:
    has = facts.targets.get(mount.target)
    return has is not None and has.leads_to == mount_point(mount.name)
