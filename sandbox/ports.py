"""Free ports of this machine for a sandbox, the same ones again after a reset."""

import hashlib
import socket
from itertools import count

from sandbox.layout import Layout

SSH, WEB = 2222, 8000
OTHERS, ROOM = 20000, 4000
"""Where the ports of other hosts begin, below those of outgoing connections."""


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


def choose(layout: Layout, taken: set[int]) -> tuple[int, int]:
    """Choose the ports for SSH and for the web: the ones used last, else the next free ones."""
    first = _used_last(layout) or _first_of(layout)
    ssh, web = (
        next(port for port in count(start) if port not in taken and is_free(port))
        for start in first
    )
    remember(layout, ssh, web)
    return ssh, web


def remember(layout: Layout, ssh: int, web: int) -> None:
    """Keep the ports for the next container of this sandbox."""
    (layout.folder / "ports").write_text(f"{ssh} {web}\n")


def _first_of(layout: Layout) -> tuple[int, int]:
    # Each host looks in a place of its own: one that is off for a moment keeps its ports.
    if layout.name == "sandbox":
        return SSH, WEB
    place = int(hashlib.sha256(layout.container.encode()).hexdigest(), 16) % ROOM
    return OTHERS + place, OTHERS + ROOM + place


def _used_last(layout: Layout) -> tuple[int, int] | None:
    path = layout.folder / "ports"
    if not path.is_file():
        return None
    ssh, web = path.read_text().split()
    return int(ssh), int(web)
