"""A virtual host: how to reach it as an operator does, its power switch, and a back door."""

import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from sandbox import ports
from sandbox.engine import SandboxError
from sandbox.layout import (
    ROOT,
    Layout,
    render_env,
    render_known_hosts,
    render_ssh_config,
)
from sandbox.vm.qemu import Qemu, overlay

BOOT_SECONDS = 300
KEYS = ("operator_ed25519", "host_ed25519")


class Machine:
    """One virtual host; its ports are those of 127.0.0.1."""

    def __init__(self, name: str, disk_folder: Path) -> None:
        self.layout = Layout(ROOT, name)
        self.disks = disk_folder
        self.folder = disk_folder / name
        self.folder.mkdir(exist_ok=True)
        self._disk = self.folder / "disk.qcow2"
        self._qemu: Qemu | None = None
        self._describe()

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
        end = time.monotonic() + 120
        while self._qemu and self._qemu.is_running() and time.monotonic() < end:
            time.sleep(0.5)
        self.boot()

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

    def root(self, script: str, *args: str, check: bool = True, seconds: float = 300) -> str:
        """Run shell as root on the host, past the tool, and return what it printed."""
        quoted = " ".join("'" + arg.replace("'", "'\\''") + "'" for arg in ("sh", *args))
        done = subprocess.run(
            [
                *self._ssh,
                f"bash -euo pipefail -c \"$(cat <<'LABHUB'\n{script}\nLABHUB\n)\" {quoted}",
            ],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=seconds,
        )
        if check and done.returncode:
            raise SandboxError(f"On the virtual host: {script}\n{done.stdout}{done.stderr}")
        return done.stdout.strip()

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

    def _describe(self) -> None:
        layout = self.layout
        layout.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for key in (*KEYS, *(f"{key}.pub" for key in KEYS), "root_ed25519"):
            shutil.copy2(self.disks / key, layout.folder / key)
        self.ssh_port, self.web_port = ports.choose(layout, set(), ports.OF_VIRTUAL_HOSTS)
        layout.ssh_config.write_text(render_ssh_config(layout, self.ssh_port))
        layout.known_hosts.write_text(render_known_hosts(layout, self.ssh_port))
        layout.env_file.touch(mode=0o600)
        layout.env_file.write_text(render_env(layout, self.web_port))
        # One connection for all: a handshake takes an emulated machine a second.
        self._control = Path(tempfile.mkdtemp(prefix="labhub-vm-")) / "ssh"
        master = ["-o", "ControlMaster=auto", "-o", "ControlPersist=yes"]
        self._ssh = ["ssh", "-F", str(layout.ssh_config), *master, "-o", "ConnectTimeout=20"]
        self._ssh += ["-o", f"ControlPath={self._control}", "-l", "root"]
        self._ssh += ["-i", str(layout.folder / "root_ed25519"), layout.alias]

    def _run(self, state: Path | None) -> None:
        forwards = {self.ssh_port: 22, self.web_port: 80}
        self._qemu = Qemu(self.folder, self._disk, forwards, state)
        end = time.monotonic() + BOOT_SECONDS
        while "ready" not in self.root("echo ready", check=False, seconds=60):
            self._qemu.require_running()
            if time.monotonic() > end:
                raise SandboxError(f"No ssh after {BOOT_SECONDS} s:\n{self._console()}")
            time.sleep(1)

    def _console(self) -> str:
        lines = (self.folder / "serial.log").read_text(errors="replace").splitlines()
        return "\n".join(lines[-20:])

    def _hang_up(self) -> None:
        subprocess.run([*self._ssh, "-O", "exit"], capture_output=True, check=False)


def _rebase(disk: Path, origin: Path) -> None:
    argv = ["qemu-img", "rebase", "-f", "qcow2", "-F", "qcow2", "-b"]
    subprocess.run([*argv, str(origin), str(disk)], check=True)


def disk_folder() -> Path:
    """Return the folder with the disk, which is made where it is missing."""
    script = Path(__file__).with_name("disk.sh")
    done = subprocess.run([str(script)], stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise SandboxError("There is no virtual host: what is missing is said above")
    return Path(done.stdout.strip().splitlines()[-1])
