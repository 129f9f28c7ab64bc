"""Boot a host whose file server is away: the lines of fstab that people write, against ours."""

import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from sandbox.inv import Inv
from sandbox.vm.fileserver import ADDRESS, PASSWORD, PORT, USER, FileServer
from sandbox.vm.machine import Machine
from sandbox.vm.states import States

BY_HAND = f"""
mkdir -p /mnt/data /mnt/analysis
printf 'username={USER}\\npassword={PASSWORD}\\n' >/root/.credentials
cat >>/etc/fstab <<END
//{ADDRESS}/data /mnt/data cifs credentials=/root/.credentials,auto,ro,mfsymlinks,port={PORT} 0 0
//{ADDRESS}/analysis /mnt/analysis cifs credentials=/root/.credentials,auto,rw,mfsymlinks,\
uid=1000,gid=100,file_mode=0664,dir_mode=0775,port={PORT} 0 0
END
systemctl daemon-reload
mount /mnt/data </dev/null
mount /mnt/analysis </dev/null
"""
LAB = "bench"
WRITE = "bash -c 'touch /mnt/analysis/{} 2>/dev/null && echo written || true'"
PATIENCE = 120
"""Seconds for which nobody helps."""
READ = f"""
runuser -u jupyter-bob -- timeout --signal KILL {PATIENCE} \
  dd if=/mnt/data/large of=/dev/null bs=1M iflag=direct 2>&1 || true
"""


def main() -> None:
    """Print the table of bench/README.md."""
    machine = Machine(LAB)
    files = FileServer(Path(tempfile.mkdtemp(prefix="labhub-bench-")))
    try:
        states = States(machine, files)
        columns = [
            _measure(states, prepare, lose)
            for lose in (files.stop, files.hang)
            for prepare in (_by_hand, lambda host: None)
        ]
        heads = ["by hand", "`inv mounts`"]
        names = [f"{head}, server {how}" for how in ("off", "silent") for head in heads]
        print("| |", " | ".join(names), "|")
        print("|---" * (len(names) + 1) + "|")
        for what in columns[0]:
            print(f"| {what} |", " | ".join(column[what] for column in columns), "|")
    finally:
        machine.close()
        files.close()


def _by_hand(host: Machine) -> None:
    Inv(LAB).ok("mounts")
    host.root(BY_HAND)


def _measure(
    states: States, prepare: Callable[[Machine], None], lose: Callable[[], None]
) -> dict[str, str]:
    read = _read(states, prepare, lose)
    host = states.resume("mounted")
    prepare(host)
    lose()
    began = time.monotonic()
    host.reboot()
    login = ["ssh", "-F", str(host.layout.ssh_config), host.layout.alias, "true"]
    while subprocess.run(login, capture_output=True).returncode:
        time.sleep(1)
    logged_in = time.monotonic() - began
    state = host.root("systemctl is-system-running --wait || true")
    lost = host.root(WRITE.format("root"))
    states.files.start()
    return {
        "a member reads, and the server is lost: the error comes": read,
        "shut down, boot and an operator's login": f"{logged_in:.0f} s",
        "systemd's verdict on the boot": state,
        "root writes to analysis meanwhile": "on the host's disk" if lost == "written" else "error",
        "the server is back; a member's file arrives there": _arrives(host, states.files),
    }


def _read(states: States, prepare: Callable[[Machine], None], lose: Callable[[], None]) -> str:
    host = states.resume("mounted")
    prepare(host)
    with (states.files.folder / "data" / "large").open("wb") as large:
        large.truncate(1 << 30)
    host.root("runuser -u jupyter-bob -- head -c 4096 /mnt/data/large >/dev/null")
    lose()
    began = time.monotonic()
    host.root(READ)
    seconds = time.monotonic() - began
    return f"after {seconds:.0f} s" if seconds < PATIENCE else f"not in {PATIENCE} s"


def _arrives(host: Machine, files: FileServer) -> str:
    began = time.monotonic()
    while time.monotonic() - began < PATIENCE:
        host.root(f"runuser -u jupyter-bob -- {WRITE.format('kept')}")
        if (files.folder / "analysis" / "kept").exists():
            return f"after {time.monotonic() - began:.0f} s"
        time.sleep(5)
    return f"not in {PATIENCE} s"


if __name__ == "__main__":
    main()
