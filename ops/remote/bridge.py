"""In the place of `ssh`: what rsync says to the other side, and hears from it, goes by a socket.

``python bridge.py SOCKET HOST COMMAND…``: the connection that serves the socket reaches the host.
"""

import os
import socket
import sys
import threading
from contextlib import suppress

AT_ONCE = 65536


def main(path: str, command: list[str]) -> None:
    """Run a command at the other end of a socket, until one side has nothing more to say."""
    for end in (sys.stdin, sys.stdout):
        # As rsync hands them on a write would fail where rsync is too busy to read.
        os.set_blocking(end.fileno(), True)
    with socket.socket(socket.AF_UNIX) as there:
        there.connect(path)
        there.sendall(" ".join(command).encode() + b"\0")
        # Each way by itself: rsync may read nothing while it writes.
        threading.Thread(target=_tell, args=(there,), daemon=True).start()
        with suppress(OSError):
            while heard := there.recv(AT_ONCE):
                sys.stdout.buffer.write(heard)
                sys.stdout.buffer.flush()


def _tell(there: socket.socket) -> None:
    with suppress(OSError):
        while said := os.read(sys.stdin.fileno(), AT_ONCE):
            there.sendall(said)
        # rsync writes as long as it reads: where it has ended, all is over.
        there.shutdown(socket.SHUT_RDWR)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[3:])
