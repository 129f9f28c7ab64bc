"""The host's Docker engine as a local socket: works by sudo, whoever is in group docker or not."""

import socket
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from paramiko import Channel

from ops.errors import OpsError

_DIAL = "exec docker system dial-stdio\n"
FRESH_SECONDS = 60.0
"""After five minutes the engine ends a connection on which nothing was asked."""

OpenShell = Callable[[str], tuple[Channel, bytes]]


@contextmanager
def docker_socket(root_shell: OpenShell) -> Iterator[str]:
    """Yield the URL of a local socket, each connection to which is one to the host's engine."""
    with tempfile.TemporaryDirectory(prefix="labhub-") as folder:
        path = Path(folder, "docker.sock")  # the folder is 0700: nobody else can reach the engine
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(path))
            listener.listen()
            listener.settimeout(FRESH_SECONDS)
            threading.Thread(target=_serve, args=(listener, root_shell), daemon=True).start()
            try:
                yield f"unix://{path}"
            finally:
                # Only this wakes a thread that waits in accept().
                with suppress(OSError):
                    listener.shutdown(socket.SHUT_RDWR)


def _serve(listener: socket.socket, root_shell: OpenShell) -> None:
    # Whatever of the two ends first, of what may be closed at any moment, has no news for anybody.
    with suppress(OSError, EOFError, OpsError):
        while True:
            # One ahead of who asks: sudo takes its time to check a password.
            channel, heard = root_shell(_DIAL)
            try:
                client, _ = listener.accept()
            except TimeoutError:
                channel.close()
                continue
            except OSError:
                channel.close()
                return
            client.sendall(heard)
            for pump in ((client.recv, channel.sendall), (channel.recv, client.sendall)):
                ends = (client, channel)
                threading.Thread(target=_pump, args=(*pump, ends), daemon=True).start()
    # Without a way to the host nobody is to wait here: connections are refused from now on.
    listener.close()


def _pump(
    read: Callable[[int], bytes],
    write: Callable[[bytes], None],
    ends: tuple[socket.socket, Channel],
) -> None:
    with suppress(OSError, EOFError):
        while data := read(65536):
            write(data)
    # A half-open pair serves nobody: when one side ends, both do. A thread that waits in recv()
    # keeps a socket open that is only closed.
    for end in ends:
        with suppress(OSError, EOFError):
            end.shutdown(socket.SHUT_RDWR)
        with suppress(OSError, EOFError):
            end.close()
