"""Why a sandbox host cannot be reached: what its sshd, its network and this machine say."""

import socket
import subprocess
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sandbox.running import Sandbox


def why_unreachable(host: "Sandbox") -> str:
    """Say what stands between this machine and the sshd of a host that runs."""
    host.container.reload()
    return " · ".join(_findings(host)) or "nothing says why"


def _findings(host: "Sandbox") -> Iterator[str]:
    address = host.container.attrs["NetworkSettings"]["IPAddress"]
    yield f"at {address}: {_banner(address)}"
    inside = ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/22 && head -n 1 <&3"]
    yield f"inside: {_joined(host.exec(inside, check=False).stdout)}"
    journal = ["journalctl", "--unit", "ssh", "--lines", "8", "--output", "cat"]
    yield _joined(host.exec(journal, check=False).stdout)
    # Two engines on one bridge give two containers one address.
    for argv in (["ip", "-brief", "address"], ["ip", "neighbour"], ["pgrep", "-af", "dockerd"]):
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
        yield _joined(done.stdout)


def _banner(address: str) -> str:
    try:
        with socket.create_connection((address, 22), timeout=5) as connection:
            return connection.recv(80).decode(errors="replace").strip() or "closed at once"
    except OSError as error:
        return str(error)


def _joined(lines: str) -> str:
    return " | ".join(" ".join(line.split()) for line in lines.splitlines())
