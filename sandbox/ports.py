"""Free ports of this machine for a sandbox, the same ones again after a reset."""

import socket
from itertools import count

from sandbox.layout import Layout

# Not 2222, where so many other programs look for a server of theirs.
SSH, WEB = 22022, 8000
OF_VIRTUAL_HOSTS = 22522, 8500
"""Others than those of containers: a virtual host that is off keeps its own, and nobody sees it."""


def is_free(port: int) -> bool:
    """Tell whether nothing listens on the port of 127.0.0.1."""
    with socket.socket() as probe:
        # As Docker does: a connection that lingers from before does not occupy the port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def choose(layout: Layout, taken: set[int], first: tuple[int, int] = (SSH, WEB)) -> tuple[int, int]:
    """Choose the ports for SSH and for the web: the ones used last, else the next free ones."""
    ssh, web = (
        next(port for port in count(start) if port not in taken and is_free(port))
        for start in _used_last(layout) or first
    )
    remember(layout, ssh, web)
    return ssh, web


def remember(layout: Layout, ssh: int, web: int) -> None:
    """Keep the ports for the next container of this sandbox."""
    (layout.folder / "ports").write_text(f"{ssh} {web}\n")


def _used_last(layout: Layout) -> tuple[int, int] | None:
    path = layout.folder / "ports"
    if not path.is_file():
        return None
    ssh, web = path.read_text().split()
    return int(ssh), int(web)
