"""Ways through the connection to the host for programs that would open one of their own.

Each is a local socket, and each connection to that a channel to the host.
"""

import socket
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from paramiko import Channel

from ops.errors import OpsError

_DIAL = "exec docker system dial-stdio\n"

OpenShell = Callable[[str], Channel]
Dial = Callable[[socket.socket], Channel]


@contextmanager
def docker_socket(root_shell: OpenShell) -> Iterator[str]:
    """Yield the URL of a local socket, each connection to which is one to the host's engine.

    It works by sudo, whoever is in group docker or not.

    :raises OpsError: at the end of a block that failed because there was no way to the engine.
    """
    # Not before somebody asks: the engine ends a connection on which nothing is asked for five
    # minutes, and a build may last an hour.
    with tunnel(lambda _: root_shell(_DIAL)) as path:
        yield f"unix://{path}"


@contextmanager
def tunnel(dial: Dial) -> Iterator[Path]:
    """Yield a local socket; `dial` opens the channel for a connection to it.

    :raises OpsError: at the end of a block that failed because `dial` had.
    """
    failures: list[OpsError] = []
    with tempfile.TemporaryDirectory(prefix="labhub-") as folder:
        path = Path(folder, "socket")  # the folder is 0700: nobody else can reach the host by it
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(path))
            listener.listen()
            arguments = (listener, dial, failures)
            threading.Thread(target=_serve, args=arguments, daemon=True).start()
            try:
                yield path
            except Exception as error:
                # The client only knows that its connection has ended.
                if failures:
                    raise failures[0] from error
                raise
            finally:
                # Only this wakes a thread that waits in accept().
                with suppress(OSError):
                    listener.shutdown(socket.SHUT_RDWR)


def _serve(listener: socket.socket, dial: Dial, failures: list[OpsError]) -> None:
    # Ends with the listener.
    with suppress(OSError):
        while True:
            client, _ = listener.accept()
            arguments = (client, dial, failures)
            threading.Thread(target=_connect, args=arguments, daemon=True).start()


def _connect(client: socket.socket, dial: Dial, failures: list[OpsError]) -> None:
    try:
        channel = dial(client)
    except OpsError as error:
        failures.append(error)
        client.close()
        return
    ends = (client, channel)
    threading.Thread(target=_pump, args=(client.recv, channel.sendall, ends), daemon=True).start()
    _pump(channel.recv, client.sendall, ends)


def _pump(
    read: Callable[[int], bytes],
    write: Callable[[bytes], None],
    ends: tuple[socket.socket, Channel],
) -> None:
    with suppress(OSError, EOFError):
        while data := read(65536):
            write(data)
    # A half-open pair serves nobody: when one side ends, both do. A socket that is only closed
    # stays open as long as the other thread waits in its recv().
    for end in ends:
        with suppress(OSError, EOFError):
            end.shutdown(socket.SHUT_RDWR)
        with suppress(OSError, EOFError):
            end.close()
