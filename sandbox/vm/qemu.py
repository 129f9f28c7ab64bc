"""One emulated machine: started on a disk, spoken to by QMP, saved with its memory, ended."""

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from sandbox.engine import SandboxError

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

    def __init__(self, folder: Path, disk: Path, forwards: dict[int, int], state: Path | None):
        """Start a machine; `forwards` are its ports by those of 127.0.0.1."""
        self._folder = folder
        (folder / "qmp").unlink(missing_ok=True)
        options = [
            *("-machine", "q35", "-accel", "tcg,thread=multi,tb-size=512", "-cpu", CPU),
            *("-m", str(MEMORY_MB), "-smp", "2", "-display", "none", "-nodefaults"),
            *("-kernel", str(folder.parent / "vmlinuz"), "-initrd", str(folder.parent / "initrd")),
            *("-append", f"root=/dev/vda console=ttyS0 rw {QUICK} quiet loglevel=4"),
            *("-drive", f"file={disk},format=qcow2,if=virtio,cache=unsafe,discard=unmap"),
            *("-netdev", _user_network(forwards), "-device", "virtio-net-pci,netdev=n0,romfile="),
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
            self._await("paused", 120)
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

    def save(self, state: Path) -> None:
        """Write the machine's memory into a file and end it: its disk belongs to that file now."""
        self.command("stop")
        self.command("migrate-set-parameters", **{"max-bandwidth": 4_000_000_000})
        self.command("migrate", uri=f"exec:zstd -1 -q -f -o {state}")
        poll(lambda: self.command("query-migrate").get("status") == "completed", 120)
        self.end()

    def end(self) -> None:
        """End at once, as a power cut does."""
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def command(self, name: str, **arguments: Any) -> Any:
        """Run one QMP command and return its answer."""
        poll((self._folder / "qmp").exists, 30, self.require_running)
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.connect(_short(self._folder / "qmp"))
                with connection.makefile("rw") as stream:
                    stream.readline()
                    _ask(stream, "qmp_capabilities", {})
                    return _ask(stream, name, arguments)
        except OSError:
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(5)
            self.require_running()
            raise

    def _await(self, status: str, seconds: float) -> None:
        poll(lambda: self.command("query-status")["status"] == status, seconds)


def _user_network(forwards: dict[int, int]) -> str:
    rules = [f"hostfwd=tcp:127.0.0.1:{here}-:{there}" for here, there in forwards.items()]
    return ",".join(["user", "id=n0", *rules])


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


def poll(
    is_done: Callable[[], bool], seconds: float, meanwhile: Callable[[], None] = lambda: None
) -> None:
    """Wait until something of a virtual host is so, and do `meanwhile` at each look.

    :raises SandboxError: when it is not so within `seconds`.
    """
    end = time.monotonic() + seconds
    while not is_done():
        meanwhile()
        if time.monotonic() > end:
            raise SandboxError(f"The virtual host did not get there within {seconds:.0f} s")
        time.sleep(0.1)


def overlay(backing: Path, disk: Path) -> None:
    """Make a disk whose first content is another's, and which leaves that one as it is."""
    disk.unlink(missing_ok=True)
    argv: Sequence[str] = ["qemu-img", "create", "-q", "-f", "qcow2", "-F", "qcow2", "-b"]
    subprocess.run([*argv, str(backing), str(disk)], check=True)
