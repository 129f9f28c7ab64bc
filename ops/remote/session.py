"""One remote session as root: from an SSH channel, through sudo, to a shell that takes a script.

The command line is constant: neither the script nor a password is ever in an argv on the host, in
sudo's log, or in the process list.
"""

import shlex
from collections.abc import Callable, Iterator

from paramiko import Channel, Transport
from paramiko.ssh_exception import SSHException

from ops.errors import ConnectError
from ops.plan.command import Secret
from ops.plan.files import read_script

_PROMPT = b"#PASSWORD"
_READY = b"#READY\n"
# sudo reads the password line only where it needs one, and would take the script's first lines
# for passwords after a wrong one. So the password is sent when asked for, the script when READY.
_LOADER = read_script("ops.remote", "loader.sh")

AskPassword = Callable[[], Secret]


def open_root_shell(
    transport: Transport, where: str, password: AskPassword, script: str
) -> tuple[Channel, bytes]:
    """Start a script as root; return its channel and what it has printed so far.

    Standard error arrives together with standard output.

    :raises ConnectError: when the operator may not become root, with what sudo said.
    """
    try:
        channel = transport.open_session()
        channel.set_combine_stderr(True)
        channel.exec_command(shlex.join(["sh", "-c", _LOADER]))
        heard = _await_ready(channel, where, password)
        channel.sendall(b"#BEGIN\n" + script.encode())
    except (SSHException, EOFError, OSError) as error:
        raise ConnectError(f"The connection to {where} was lost; run the task again") from error
    return channel, heard


def _await_ready(channel: Channel, where: str, password: AskPassword) -> bytes:
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
    return heard.partition(_READY)[2]


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


def read_lines(channel: Channel, heard: bytes) -> Iterator[str]:
    """Yield what a session prints, line by line, until it ends or is lost."""
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
