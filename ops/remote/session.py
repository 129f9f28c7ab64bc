"""Shells as root on the host: from an SSH channel, through sudo, to one that takes scripts.

The command line is constant: neither a script nor a password is ever in an argv on the host, in
sudo's log, or in the process list.
"""

import shlex
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import TypeVar

from paramiko import Channel, Transport
from paramiko.ssh_exception import ChannelException, SSHException

from ops.errors import ConnectError
from ops.plan.command import Secret
from ops.plan.files import read_script

_PROMPT = b"#PASSWORD"
READY = "#READY"
"""What a shell prints that waits for a script."""
_READY = f"{READY}\n".encode()
# sudo reads the password line only where it needs one, and would take the script's first lines
# for passwords after a wrong one. So the password is sent when asked for, the script when READY.
_LOADER = shlex.join(
    ["sh", "-c", read_script("ops.remote", "loader.sh"), "sh", read_script("ops.plan", "ready.sh")]
)

AskPassword = Callable[[], Secret]
T = TypeVar("T")


def open_session(transport: Transport, where: str) -> Channel:
    """Open one more session of a connection.

    :raises ConnectError: where sshd on the host has enough of them.
    """
    try:
        return transport.open_session()
    except ChannelException as error:
        raise ConnectError(
            f"sshd on {where} refuses one more session ({error.text}): is MaxSessions in its "
            "sshd_config below 4?"
        ) from error


class RootShells:
    """The shells as root that there are on a host; to become it costs more than most scripts.

    One that is ready for the next script is used again.
    """

    def __init__(self, transport: Transport, where: str, password: AskPassword) -> None:
        self._transport, self._where, self._password = transport, where, password
        self._ready: list[Channel] = []
        self._coming: list[threading.Thread] = []

    def start(self, script: str) -> Channel:
        """Start a script; its standard error arrives together with its output.

        :raises ConnectError: when the operator may not become root, with what sudo said.
        """
        try:
            channel = self._next()
            channel.sendall(b"#BEGIN\n" + script.encode())
        except (SSHException, EOFError, OSError) as error:
            raise ConnectError(
                f"The connection to {self._where} was lost; run the task again"
            ) from error
        return channel

    def keep(self, channel: Channel) -> None:
        """Use a shell again, which has printed ``#READY``."""
        self._ready.append(channel)

    def open_ahead(self, count: int) -> None:
        """Let so many shells be ready soon, in the background."""
        self._coming = [thread for thread in self._coming if thread.is_alive()]
        for _ in range(count - len(self._ready) - len(self._coming)):
            thread = threading.Thread(target=self._come, daemon=True)
            self._coming.append(thread)
            thread.start()

    def _come(self) -> None:
        # Who wants it opens it again, and is told then.
        with suppress(ConnectError, SSHException, EOFError, OSError):
            self._ready.append(self._open())

    def _next(self) -> Channel:
        while True:
            while channel := _last_of(self._ready):
                if not channel.closed:
                    return channel
            coming = _last_of(self._coming)
            if coming is None:
                return self._open()
            coming.join()

    def _open(self) -> Channel:
        channel = open_session(self._transport, self._where)
        channel.set_combine_stderr(True)
        channel.exec_command(_LOADER)
        _await_ready(channel, self._where, self._password)
        return channel


def _last_of(items: list[T]) -> T | None:
    # Of two threads that look at once one finds nothing.
    try:
        return items.pop()
    except IndexError:
        return None


def _await_ready(channel: Channel, where: str, password: AskPassword) -> None:
    heard, asked = b"", False
    while _READY not in heard:
        if _PROMPT in heard:
            if asked:
                channel.close()
                raise ConnectError(
                    f"{where} refused the sudo password: correct LAB_SUDO_PASSWORD, or leave it "
                    "empty to be asked"
                )
            asked, heard = True, b""
            channel.sendall(password().value.encode() + b"\n")
        data = channel.recv(4096)
        if not data:
            raise ConnectError(_no_root(heard.decode(errors="replace"), asked, where))
        heard += data


def _no_root(said: str, asked: bool, where: str) -> str:
    said = " ".join(said.split())
    if "incorrect password" in said:
        return f"{where} refused the sudo password: correct LAB_SUDO_PASSWORD"
    if "not installed" in said:
        return f"sudo is not installed on {where}. As root there:  apt install sudo"
    if "not in the sudoers" in said or "may not run" in said or "not allowed" in said:
        user = where.partition("@")[0]
        return f"{where} may not use sudo. As root there:  adduser {user} sudo"
    if not said:
        return f"The connection to {where} was lost before sudo {'answered' if asked else 'began'}"
    return f"{where} could not become root: {said[-300:]}"


def read_lines(channel: Channel) -> Iterator[str]:
    """Yield what a session prints, line by line, until it ends or is lost."""
    heard = b""
    while True:
        *lines, heard = heard.split(b"\n")
        for line in lines:
            yield line.decode(errors="replace").rpartition("\r")[2]
        try:
            data = channel.recv(65536)
        except (SSHException, OSError):
            break
        if not data:
            break
        heard += data
    if heard:
        yield heard.decode(errors="replace")
