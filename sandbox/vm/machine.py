"""A virtual host: how to reach it as an operator does, its power switch, and a back door."""

import shutil
import subprocess
import tempfile
import time
import warnings
from pathlib import Path

from ops.errors import OpsError
from sandbox.diagnosis import diagnose
from sandbox.engine import SandboxError
from sandbox.layout import ROOT, Layout, render_env, render_known_hosts, render_ssh_config
from sandbox.patience import BOOT, SERVICE, TASK, finish, until
from sandbox.vm.qemu import Qemu, overlay
from sandbox.vm.turn import take_turn

SSH, WEB = 22, 80
KEYS = ("operator_ed25519", "host_ed25519")


class _PanicError(SandboxError):
    """The kernel has ended itself: nobody will ever be let in."""


class Machine:
    """One virtual host, the only one of this machine; its ports are those of 127.0.0.1."""

    def __init__(self, name: str) -> None:
        self._turn = take_turn()
        self.layout = Layout(ROOT, name)
        self.disks = disk_folder()
        self.folder = self.disks / name
        self.folder.mkdir(exist_ok=True)
        self._disk = self.folder / "disk.qcow2"
        self._qemu: Qemu | None = None
        self.ssh_port = self.web_port = 0
        self._prepare()

    def start(self, state: str | None = None) -> None:
        """Boot on a fresh disk, or resume a frozen host, on a disk of its own as well."""
        self.power_cut()
        frozen = self.disks / f"{state}.state.zst" if state else None
        overlay(self.disks / f"{state or 'disk'}.qcow2", self._disk)
        self._run(frozen)
        if frozen:
            self.root(f"date -s @{time.time():.0f}")

    def boot(self) -> None:
        """Switch it on again, with the disk that it had."""
        self.power_cut()
        self._run(None)

    def reboot(self) -> None:
        """Shut it down in order, and switch it on again."""
        self.root("systemctl poweroff", check=False)
        until(lambda: not self.is_on(), "The virtual host shuts down", BOOT)
        self.boot()

    def is_on(self) -> bool:
        """Tell whether it runs, be it that nobody can log in."""
        return self._qemu is not None and self._qemu.is_running()

    def power_cut(self) -> None:
        """End it at once; what it had not written is lost."""
        if self._qemu:
            self._hang_up()
            self._qemu.end()
            self._qemu = None

    def freeze(self, state: str) -> None:
        """Keep disk and memory under a name, to be resumed as often as wanted; it ends here."""
        assert self._qemu  # noqa: S101
        # What a kernel knows of the folders of a file server is stale when these were made anew.
        self.root("systemctl stop 'srv-labhub-*-share.mount'; sync")
        self._hang_up()
        self._qemu.save(self.disks / f"{state}.state.zst")
        self._qemu = None
        # It must not need the disk of the state that it came from: that one may be made anew.
        _rebase(self._disk, self.disks / "disk.qcow2")
        self._disk.replace(self.disks / f"{state}.qcow2")

    def is_frozen(self, state: str) -> bool:
        """Tell whether there is such a state."""
        return (self.disks / f"{state}.qcow2").exists()

    def root(self, script: str, *args: str, check: bool = True, seconds: float = TASK) -> str:
        """Run shell as root on the host, past the tool, and return what it printed."""
        quoted = " ".join("'" + arg.replace("'", "'\\''") + "'" for arg in ("sh", *args))
        line = f"bash -euo pipefail -c \"$(cat <<'LABHUB'\n{script}\nLABHUB\n)\" {quoted}"
        with subprocess.Popen(
            [*self._ssh, line],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
        ) as ssh:
            output, errors = finish(ssh, seconds)
        if check and ssh.returncode:
            raise SandboxError(f"On the virtual host: {script}\n{output}{errors}")
        return output.strip()

    def console(self, lines: int = 30) -> str:
        """Return the last that it said where a screen would be."""
        said = self.folder / "serial.log"
        text = said.read_text(errors="replace") if said.exists() else ""
        return "\n".join(text.splitlines()[-lines:])

    def diagnose(self) -> str:
        """Return what it says of itself; for when something went wrong on it."""
        said = "It is switched off."
        if self.is_on():
            said = diagnose(lambda script: self.root(script, seconds=SERVICE))
        return f"{said}\n--- its console ---\n{self.console(50)}"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.web_port}"

    def close(self) -> None:
        """Switch it off and forget it; disks and states stay for the next time."""
        self.power_cut()
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.rmtree(self.layout.folder, ignore_errors=True)
        shutil.rmtree(self._control.parent, ignore_errors=True)
        self.layout.env_file.unlink(missing_ok=True)
        self._turn.close()

    def _prepare(self) -> None:
        layout = self.layout
        layout.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for key in (*KEYS, *(f"{key}.pub" for key in KEYS), "root_ed25519"):
            shutil.copy2(self.disks / key, layout.folder / key)
        # One connection for all: a handshake takes an emulated machine a second.
        self._control = Path(tempfile.mkdtemp(prefix="labhub-vm-")) / "ssh"
        master = ["-o", "ControlMaster=auto", "-o", "ControlPersist=yes"]
        self._ssh = ["ssh", "-F", str(layout.ssh_config), *master, "-l", "root"]
        self._ssh += ["-o", f"ControlPath={self._control}", "-o", f"ConnectTimeout={BOOT:.0f}"]
        self._ssh += ["-i", str(layout.folder / "root_ed25519"), layout.alias]

    def _describe(self, ports: dict[int, int]) -> None:
        layout = self.layout
        self.ssh_port, self.web_port = ports[SSH], ports[WEB]
        layout.ssh_config.write_text(render_ssh_config(layout, self.ssh_port))
        layout.known_hosts.write_text(render_known_hosts(layout, self.ssh_port))
        layout.env_file.touch(mode=0o600)
        layout.env_file.write_text(render_env(layout, self.web_port))

    def _run(self, state: Path | None) -> None:
        try:
            self._start(state)
        except _PanicError as error:
            # One that was frozen does not boot: its memory would not fit what is on the disk now.
            if state:
                raise
            # A kernel changes its own code while it boots; the emulator has run half of a change.
            warnings.warn(f"{error} It was started once more.", stacklevel=2)
            self.power_cut()
            self._start(state)

    def _start(self, state: Path | None) -> None:
        self._qemu = Qemu(self.folder, self._disk, (SSH, WEB), state)
        self._describe(self._qemu.ports())
        try:
            until(self._lets_in, "The virtual host boots", BOOT, pause=1)
        except _PanicError:
            raise
        except OpsError as error:
            raise SandboxError(f"{error}; its last words:\n{self.console()}") from error

    def _lets_in(self) -> bool:
        assert self._qemu  # noqa: S101
        self._qemu.require_running()
        if "end Kernel panic" in self.console():
            raise _PanicError(f"The kernel of the virtual host has panicked:\n{self.console(60)}")
        # Of two values SSH takes the first. What is sent before the host has a network is repeated
        # more and more seldom.
        probe = ["ssh", "-o", "ConnectTimeout=20", *self._ssh[1:], "true"]
        return subprocess.run(probe, capture_output=True, stdin=subprocess.DEVNULL).returncode == 0

    def _hang_up(self) -> None:
        subprocess.run([*self._ssh, "-O", "exit"], capture_output=True, check=False)


def _rebase(disk: Path, origin: Path) -> None:
    argv = ["qemu-img", "rebase", "-f", "qcow2", "-F", "qcow2", "-b"]
    subprocess.run([*argv, str(origin), str(disk)], check=True)


def disk_folder() -> Path:
    """Return the folder with the disk, which is made where it is missing; it is our turn."""
    script = Path(__file__).with_name("disk.sh")
    done = subprocess.run([str(script), "alone"], stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise SandboxError("There is no virtual host: what is missing is said above")
    return Path(done.stdout.strip().splitlines()[-1])
