"""The encrypted way to a sandbox host, and what it shows a browser."""

import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sandbox.running import Sandbox


@contextmanager
def forwarded(host: Sandbox, port: int) -> Iterator[None]:
    """Make a port of the host's loopback the same port of this machine's, through SSH."""
    way = ["-N", "-L", f"127.0.0.1:{port}:127.0.0.1:{port}", "-o", "ExitOnForwardFailure=yes"]
    tunnel = subprocess.Popen(
        ["ssh", "-F", str(host.ssh_config), *way, host.alias], stdin=subprocess.DEVNULL
    )
    try:
        end = time.monotonic() + 20
        while not _listens(port):
            assert tunnel.poll() is None, "ssh gave up"
            assert time.monotonic() < end, "ssh does not forward"
            time.sleep(0.1)
        yield
    finally:
        tunnel.terminate()
        tunnel.wait(10)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def shown_certificate(port: int) -> str:
    """Return the certificate that a browser is given at a port of this machine, as PEM."""
    return ssl.get_server_certificate(("127.0.0.1", port), timeout=10)


def write(path: Path, text: str) -> str:
    path.write_text(text)
    return str(path)
