"""Operation: the file server's shares, mounted on the host and offered to labs."""

import base64
import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ops.mounts import fstab
from ops.mounts import steps as mount_steps
from ops.mounts.conflicts import is_our_link, refuse_conflicts
from ops.mounts.facts import DROP_IN, HUB_FILE, OUTDATED, PACKAGES, File, MountFacts, unit
from ops.mounts.fstab import CREDENTIALS, Fstab, credentials, mount_options, render_line
from ops.names import mount_folder, mount_point
from ops.plan.command import Change, Secret, Shell, Upload, run
from ops.plan.groups import ensure_groups
from ops.plan.packages import install
from ops.settings.shares import Login, Mount

_RIGHT = ("0:0", "mounted")
# Five failed accesses within ten seconds would end an automount for good: the folder would then
# be silently empty, and stay so when the file server is back.
_UNLIMITED = "# Written by `inv mounts`.\n[Unit]\nStartLimitIntervalSec=0\n"


@dataclass(frozen=True)
class _Wanted:
    """One mount, and what of it differs on the host."""

    mount: Mount
    is_new_line: bool
    is_new_login: bool
    is_outdated: bool
    is_active: bool

    @property
    def is_to_be_tried(self) -> bool:
        return self.is_new_line or self.is_new_login


def ensure_mounts(mounts: Sequence[Mount], facts: MountFacts) -> Iterator[Change]:
    """Mount these shares and no others, surviving reboots and outages of the file server.

    What is new is tried before anything is written: a wrong password leaves all as it was.

    :raises OperationError: where a path is in use, or the kernel has no module for SMB.
    """
    present = fstab.parse(facts.fstab)
    refuse_conflicts(mounts, present, facts)
    if mounts and (missing := sorted(set(PACKAGES) - facts.packages)):
        yield install(f"Install {' and '.join(missing)}, which mounting takes", *missing)
    yield from ensure_groups((m.share.group for m in mounts if m.share.group), facts.groups)
    wanted = [_compare(mount, present, facts) for mount in mounts]
    yield from (_try(it.mount) for it in wanted if it.is_to_be_tried)
    yield from _write_logins(wanted)
    if mounts and _differs(DROP_IN, _UNLIMITED, "644", facts):
        steps = (Upload(DROP_IN, _UNLIMITED), run("systemctl", "daemon-reload"))
        yield Change("Let no number of failed accesses end an automount", steps)
    for mount in mounts:
        yield from _ensure_place(mount, facts)
    yield from _ensure_fstab(wanted, present, facts.fstab)
    yield from (_remove(name, facts) for name in _gone(mounts, facts))
    for it in wanted:
        if it.is_to_be_tried or it.is_outdated or not it.is_active:
            what = f"systemctl restart {unit(it.mount.name)}.automount"
            restart = mount_steps.restart(what, it.mount.name)
            yield Change(f"Mount {it.mount.share.source} at {it.mount.target}", (restart,))
    yield from _offer(mounts, facts)


def _compare(mount: Mount, present: Fstab, facts: MountFacts) -> _Wanted:
    name = mount.name
    return _Wanted(
        mount,
        is_new_line=present.lines.get(mount_point(name)) != render_line(mount),
        is_new_login=_differs(credentials(name), render_login(mount.login), "600", facts),
        is_outdated=name in facts.outdated,
        is_active=f"{unit(name)}.automount" in facts.active,
    )


def render_login(login: Login) -> str:
    """Write a login in the form that mount.cifs parses: one ``key=value`` a line, unquoted."""
    domain = f"domain={login.domain}\n" if login.domain else ""
    return f"username={login.user}\npassword={login.password.value}\n{domain}"


def _differs(path: str, content: str, mode: str, facts: MountFacts) -> bool:
    sha256 = hashlib.sha256(content.encode()).hexdigest()
    return facts.files.get(path) != File(mode, "root:root", sha256)


def _try(mount: Mount) -> Change:
    source, login = mount.share.source, Secret(render_login(mount.login))
    step = mount_steps.try_out(f"mount -t cifs {source}", mount, mount_options(mount), login)
    return Change(f"Try to mount {source}, before anything is written", (step,))


def _outdated(it: _Wanted) -> Shell:
    """Note that a mount is older than what is about to be written, in case that all ends here."""
    name = it.mount.name
    return mount_steps.note(f"note that {name} is to be mounted anew", f"{OUTDATED}/{name}")


def _write_logins(wanted: Sequence[_Wanted]) -> Iterator[Change]:
    for it in wanted:
        if it.is_new_login:
            path, login = credentials(it.mount.name), Secret(render_login(it.mount.login))
            write = Upload(path, login, "0600")
            why = f"Write the login for {it.mount.share.source}"
            yield Change(why, (_outdated(it), write))


def _ensure_place(mount: Mount, facts: MountFacts) -> Iterator[Change]:
    name, point = mount.name, mount_point(mount.name)
    is_right = facts.points.get(name) in _RIGHT
    before = facts.offered.get(name, mount.target)
    if is_right and is_our_link(mount, facts) and before == mount.target:
        return
    step = mount_steps.place(f"mkdir and chattr +i {point}", mount, before)
    yield Change(
        f"Make {mount.target} a link to {point}, where nothing else can be written", (step,)
    )


def _ensure_fstab(wanted: Sequence[_Wanted], present: Fstab, data: bytes) -> Iterator[Change]:
    lines = [render_line(it.mount) for it in wanted]
    content = fstab.render(present, lines)
    if content == data:
        return
    notes = [_outdated(it) for it in wanted if it.is_new_line]
    arguments = (hashlib.sha256(data).hexdigest(), base64.b64encode(content).decode())
    what = "\n".join(["findmnt --verify, then rename into /etc/fstab:", *lines])
    write = mount_steps.replace_fstab(what, arguments)
    count = f"{len(wanted)} mount{'' if len(wanted) == 1 else 's'}"
    why = f"Describe {count} in /etc/fstab" if wanted else "Take labhub's mounts out of /etc/fstab"
    yield Change(why, (*notes, write))


def _gone(mounts: Sequence[Mount], facts: MountFacts) -> list[str]:
    logins = {
        path.removeprefix(f"{CREDENTIALS}/") for path in facts.files if path.startswith(CREDENTIALS)
    }
    known = {*facts.points, *facts.offered, *logins}
    return sorted(known - {mount.name for mount in mounts})


def _remove(name: str, facts: MountFacts) -> Change:
    target = facts.offered.get(name, f"/mnt/{name}")
    step = mount_steps.remove(f"umount and rmdir {mount_folder(name)}", name, target)
    return Change(f"Unmount {name} and take it away from {target}", (step,))


def _offer(mounts: Sequence[Mount], facts: MountFacts) -> Iterator[Change]:
    """Tell the hub; it reads the file at each request."""
    offered = [
        {
            "name": mount.name,
            "target": mount.target,
            "server": mount.server,
            "read_only": mount.share.read_only,
            "group": mount.share.group,
        }
        for mount in mounts
    ]
    content = json.dumps(offered, indent=1) + "\n"
    has_none = not mounts and HUB_FILE not in facts.files
    if not has_none and _differs(HUB_FILE, content, "644", facts):
        listed = ", ".join(mount.name for mount in mounts) or "no mount any more"
        yield Change(f"Offer labs {listed}", (Upload(HUB_FILE, content),))
