"""One emulated machine: started on a disk, spoken to by QMP, saved with its memory, ended."""

import json
import os
import re
import signal
import socket
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from sandbox.engine import SandboxError
from sandbox.patience import ANSWER, SERVICE, until

MEMORY_MB = 2048
# Emulated, the wide instructions are slower than the narrow ones that they replace: unpacking an
# image took 24 s with them and 17 s without.
CPU = "max,avx=off,avx2=off,sha-ni=off"
_UNUSED = (
    *("ahci", "libahci", "libata", "sg", "i2c_i801", "lpc_ich", "iTCO_wdt", "cfg80211"),
    *("kvm", "kvm_amd", "powernow_k8", "acpi_cpufreq"),
    *("pcspkr", "psmouse", "serio_raw", "joydev", "evdev", "button"),
)
QUICK = f"edd=off mitigations=off norandmaps modprobe.blacklist={','.join(_UNUSED)}"
"""What a kernel need not do that is emulated: guard itself against its processor, for one.

At random addresses the same program is translated for each process anew: a process takes more
than twice as long to start, a boot a quarter longer.
"""


class Qemu:
    """A running QEMU; `-accel tcg`, because a virtual machine may have no KVM of its own."""

    def __init__(self, folder: Path, disk: Path, served: Sequence[int], state: Path | None):
        """Start a machine; `served` are those of its ports that are to be reached from here."""
        self._folder = folder
        (folder / "qmp").unlink(missing_ok=True)
        options = [
            *("-machine", "q35", "-accel", "tcg,thread=multi,tb-size=512", "-cpu", CPU),
            *("-m", str(MEMORY_MB), "-smp", "2", "-display", "none", "-nodefaults"),
            *("-kernel", str(folder.parent / "vmlinuz"), "-initrd", str(folder.parent / "initrd")),
            *("-append", f"root=/dev/vda console=ttyS0 rw {QUICK} quiet loglevel=4"),
            *("-drive", f"file={disk},format=qcow2,if=virtio,cache=unsafe,discard=unmap"),
            *("-netdev", _user_network(served), "-device", "virtio-net-pci,netdev=n0,romfile="),
            *("-device", "virtio-rng-pci", "-serial", f"file:{folder / 'serial.log'}"),
            *("-qmp", f"unix:{folder / 'qmp'},server,nowait"),
        ]
        if state:
            options += ["-incoming", f"exec:zstd -dcq {state}"]
        with (folder / "qemu.log").open("w") as log:
            # In a session of its own: Ctrl-C in this terminal is not meant for it. It ends with us.
            self._process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", "qemu-system-x86_64", *options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        if state:
            until(self._has_arrived, "The frozen host is read", SERVICE, pause=0.1)
            self.command("cont")

    def is_running(self) -> bool:
        """Tell whether the machine is on."""
        return self._process.poll() is None

    def require_running(self) -> None:
        """Raise a `SandboxError` with what QEMU said where it has ended."""
        if not self.is_running():
            said = (self._folder / "qemu.log").read_text()[-500:]
            status = self._process.returncode
            raise SandboxError(f"The virtual host ended with {status}: {said or 'without a word'}")

    def ports(self) -> dict[int, int]:
        """Return the ports of 127.0.0.1, which the kernel has chosen, by those of the machine."""
        network = self.command("human-monitor-command", **{"command-line": "info usernet"})
        forward = r"HOST_FORWARD\]\s+\d+\s+127\.0\.0\.1\s+(\d+)\s+\S+\s+(\d+)"
        return {int(there): int(here) for here, there in re.findall(forward, network)}

    def save(self, state: Path) -> None:
        """Write the machine's memory into a file and end it: its disk belongs to that file now."""
        self.command("stop")
        self.command("migrate-set-parameters", **{"max-bandwidth": 4_000_000_000})
        self.command("migrate", uri=f"exec:zstd -1 -q -f -o {state}")
        until(self._is_saved, "The virtual host is frozen", SERVICE, pause=0.1)
        self.end()

    def end(self) -> None:
        """End at once, as a power cut does."""
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def command(self, name: str, **arguments: Any) -> Any:
        """Run one QMP command and return its answer."""
        connection = until(self._connect, "QEMU listens", SERVICE, pause=0.05)
        assert connection  # noqa: S101
        try:
            with connection, connection.makefile("rw") as stream:
                stream.readline()
                _ask(stream, "qmp_capabilities", {})
                return _ask(stream, name, arguments)
        except OSError:
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(ANSWER)
            self.require_running()
            raise

    def _connect(self) -> socket.socket | None:
        self.require_running()
        connection = socket.socket(socket.AF_UNIX)
        try:
            connection.connect(_short(self._folder / "qmp"))
        except OSError:
            connection.close()
            return None
        return connection

    def _has_arrived(self) -> bool:
        return bool(self.command("query-status")["status"] == "paused")

    def _is_saved(self) -> bool:
        status = self.command("query-migrate").get("status")
        if status == "failed":
            raise SandboxError("QEMU cannot write the frozen host: is the disk full?")
        return bool(status == "completed")


def _user_network(served: Sequence[int]) -> str:
    # From port 0, so that the kernel chooses one and nobody can come before.
    return ",".join(["user", "id=n0", *(f"hostfwd=tcp:127.0.0.1:0-:{port}" for port in served)])


def _short(path: Path) -> str:
    # A socket's path holds at most 107 characters; from the current folder it may be shorter.
    return min(str(path), os.path.relpath(path), key=len)


def _ask(stream: Any, name: str, arguments: dict[str, Any]) -> Any:
    stream.write(json.dumps({"execute": name, "arguments": arguments}) + "\n")
    stream.flush()
    while True:
        answer = json.loads(stream.readline() or '{"error": "QEMU is gone"}')
        if "return" in answer:
            return answer["return"]
        if "error" in answer:
            raise SandboxError(f"QEMU refuses {name}: {answer['error']}")


def overlay(backing: Path, disk: Path) -> None:
    """Make a disk whose first content is another's, and which leaves that one as it is."""
    disk.unlink(missing_ok=True)
    argv: Sequence[str] = ["qemu-img", "create", "-q", "-f", "qcow2", "-F", "qcow2", "-b"]
    subprocess.run([*argv, str(backing), str(disk)], check=True)
