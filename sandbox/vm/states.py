"""The frozen hosts that tests begin from, each made from the one before, once for each state of
the files that they are made of.

``bare``     booted, nothing of ours on it
``mounted``  the shares of the file server are mounted, alice and bob have accounts; no hub
``hub``      a hub and a lab image, alice and bob have accounts; nothing is mounted
"""

import hashlib
import subprocess
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path

from ops.errors import OpsError
from sandbox.inv import Inv
from sandbox.layout import ROOT
from sandbox.steps import step
from sandbox.vm import images
from sandbox.vm.fileserver import ADDRESS, PASSWORD, PORT, USER, FileServer
from sandbox.vm.machine import Machine

PARTS = {
    "bare": ("sandbox/vm/qemu.py",),
    "mounted": (
        *("sandbox/vm/qemu.py", "sandbox/vm/states.py"),
        *("ops/mounts/*.py", "ops/mounts/*.sh", "ops/members/*.py"),
    ),
    "hub": (
        *("sandbox/vm/qemu.py", "sandbox/vm/states.py", "sandbox/vm/images.py"),
        *("compose/**/*", "lab-image/files/**/*", "sandbox/vm/lab.Dockerfile"),
        *("ops/stack/*.py", "ops/stack/*.sh", "ops/members/*.py"),
    ),
}
"""The files that decide what a state is: after a change of one it is made anew."""
MEMBER_PASSWORD = "electrons-2026"  # noqa: S105  of a host that only this machine reaches


def share(name: str, rest: str = "rw", options: str = "") -> str:
    """Write the line of `.env` for a share of the file server."""
    return f"//{ADDRESS}/{name} {rest} options=port={PORT}{options}"


LOGIN = {"SMB_USER": USER, "SMB_PASSWORD": PASSWORD}
SHARES = {
    **LOGIN,
    "MOUNT_DATA": share("data", "ro"),
    "MOUNT_ANALYSIS": share("analysis"),
    "MOUNT_LEEM": share("leem", "rw group=leem"),
}


class States:
    """Make and resume frozen hosts; the file server runs whenever one of them does."""

    def __init__(self, machine: Machine, files: FileServer) -> None:
        self.machine = machine
        self.files = files
        self._inv = Inv(machine.layout.name)
        self._makers: Mapping[str, Callable[[], None]] = {
            "bare": self._make_bare,
            "mounted": self._make_mounted,
            "hub": self._make_hub,
        }

    def resume(self, state: str) -> Machine:
        """Resume a host in a state, which is made where there is none; return it.

        Where that fails, all states are made once more, from nothing, before it counts as broken.
        """
        try:
            self._resume(state)
        except (OpsError, OSError, subprocess.SubprocessError) as error:
            warnings.warn(f"Made once more: the virtual host {state}. {error}", stacklevel=2)
            self.machine.power_cut()
            for path in (path for name in self._makers for path in self._frozen(name)):
                path.unlink()
            self._resume(state)
        return self.machine

    def _resume(self, state: str) -> None:
        frozen = f"{state}-{_digest(state)}"
        if not self.machine.is_frozen(frozen):
            for path in self._frozen(state):
                path.unlink()
            self._makers[state]()
            self.machine.freeze(frozen)
        self.files.restore()
        self.machine.start(frozen)

    def _frozen(self, state: str) -> list[Path]:
        return list(self.machine.disks.glob(f"{state}-*"))

    def _make_bare(self) -> None:
        with step("Booting the virtual host"):
            self.machine.start()
            self.machine.root("systemctl is-system-running --wait")

    def _make_mounted(self) -> None:
        self._resume("bare")
        with step("Mounting shares on the virtual host"):
            self._inv.ok("mounts", **SHARES)
            self._inv.ok("add-user", "--name", "alice", "--groups", "leem")
            self._inv.ok("add-user", "--name", "bob")

    def _make_hub(self) -> None:
        self._resume("mounted")
        with step("Bringing images to the virtual host"):
            release = images.bring_in(self.machine)
        with step("Making the virtual host a hub"):
            self._inv.ok("mounts")
            self._inv.ok("deploy")
        with step("Giving it a lab image"):
            images.fill_registry(self.machine, release)


def _digest(state: str) -> str:
    content = hashlib.sha256()
    for pattern in PARTS[state]:
        found = sorted(ROOT.glob(pattern))
        assert found, f"{pattern} is nowhere"  # noqa: S101
        for path in found:
            if path.is_file() and "__pycache__" not in path.parts:
                content.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes())
    return content.hexdigest()[:12]
