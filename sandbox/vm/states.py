"""The frozen hosts that tests begin from, each made from the one before, once for each state of
the files that they are made of.

``bare``     booted, nothing of ours on it
``mounted``  the shares of the file server are mounted, alice and bob have accounts; no hub
``hub``      a hub and a lab image, alice and bob have accounts; nothing is mounted
"""

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from sandbox.engine import SandboxError
from sandbox.layout import ROOT
from sandbox.steps import step
from sandbox.vm import images
from sandbox.vm.fileserver import ADDRESS, PASSWORD, PORT, USER, FileServer
from sandbox.vm.machine import Machine

PARTS = {
    "bare": ("sandbox/vm/qemu.py",),
    "mounted": (
        *("sandbox/vm/qemu.py", "sandbox/vm/states.py"),
        *("ops/mounts/*.py", "ops/members/accounts.py"),
    ),
    "hub": (
        *("sandbox/vm/qemu.py", "sandbox/vm/states.py", "sandbox/vm/images.py"),
        *("compose/**/*", "lab-image/files/**/*", "sandbox/vm/lab.Dockerfile"),
        *("ops/stack/services.py", "ops/stack/release.py", "ops/stack/engine.py"),
        *("ops/stack/boot.py", "ops/members/accounts.py"),
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
        self._makers: Mapping[str, Callable[[], None]] = {
            "bare": self._make_bare,
            "mounted": self._make_mounted,
            "hub": self._make_hub,
        }

    def resume(self, state: str) -> Machine:
        """Resume a host in a state, which is made where there is none; return it."""
        frozen = f"{state}-{_digest(state)}"
        if not self.machine.is_frozen(frozen):
            for path in self.machine.disks.glob(f"{state}-*"):
                path.unlink()
            self._makers[state]()
            self.machine.freeze(frozen)
        self.files.restore()
        self.machine.start(frozen)
        return self.machine

    def _make_bare(self) -> None:
        with step("Booting the virtual host"):
            self.machine.start()
            self.machine.root("systemctl is-system-running --wait")

    def _make_mounted(self) -> None:
        self.resume("bare")
        with step("Mounting shares on the virtual host"):
            _inv(self.machine, "mounts", SHARES)
            _inv(self.machine, "add-user --name alice --groups leem", {})
            _inv(self.machine, "add-user --name bob", {})

    def _make_hub(self) -> None:
        self.resume("mounted")
        with step("Bringing images to the virtual host"):
            release = images.bring_in(self.machine)
        with step("Making the virtual host a hub"):
            _inv(self.machine, "mounts", {})
            _inv(self.machine, "deploy --no-check", {})
        with step("Giving it a lab image"):
            images.fill_registry(self.machine, release)


def _digest(state: str) -> str:
    content = hashlib.sha256()
    for pattern in PARTS[state]:
        found = sorted(ROOT.glob(pattern))
        assert found, pattern  # noqa: S101  a module that was moved
        for path in found:
            if path.is_file() and "__pycache__" not in path.parts:
                content.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes())
    return content.hexdigest()[:12]


def _inv(machine: Machine, words: str, settings: Mapping[str, str]) -> None:
    inv = Path(sys.executable).with_name("inv")
    done = subprocess.run(
        [str(inv), *words.split()],
        cwd=ROOT,
        env={**os.environ, "LAB": machine.layout.name, **settings},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise SandboxError(f"inv {words} failed: {done.stdout}{done.stderr}")
