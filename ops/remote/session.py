"""One remote session as root: from an SSH channel, through sudo, to a shell that takes a script.

The command line is constant: neither the script nor a password is ever in an argv on the host, in
sudo's log, or in the process list.
"""

import shlex
from collections.abc import Callable, Iterator

from paramiko import Channel, Transport
from paramiko.ssh_exception import SSHException

from ops.errors import ConnectError, LostError
from ops.remote.command import Secret

_PROMPT = b"#PASSWORD"
_READY = b"#READY\n"
# sudo reads the password line only where it needs one, and would take the script's first lines
# for passwords after a wrong one. So the password is sent when asked for, the script when READY.
_LOADER = """\
if [ "$(id -u)" = 0 ]; then set -- bash
elif command -v sudo >/dev/null; then set -- sudo -S -k -p '#PASSWORD' -- bash
else echo 'sudo: not installed'; exit 1; fi
exec env LC_ALL=C "$@" -c 'echo "#READY"
while IFS= read -r line; do [ "$line" = "#BEGIN" ] && exec bash -s; done; exit 1'
"""

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
        raise LostError(where) from error
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
            raise _no_root(heard.decode(errors="replace"), asked, where)
        heard += data
    return heard.partition(_READY)[2]


def _no_root(said: str, asked: bool, where: str) -> ConnectError:
    said = " ".join(said.split())
    if not said:
        return LostError(where, f" before sudo {'answered' if asked else 'began'}")
    return ConnectError(_refusal(said, where))


def _refusal(said: str, where: str) -> str:
    if "incorrect password" in said:
        return f"{where} refused the sudo password: correct LAB_SUDO_PASSWORD"
    if "not installed" in said:
        return f"sudo is not installed on {where}. As root there:  apt install sudo"
    if "not in the sudoers" in said or "may not run" in said or "not allowed" in said:
        user = where.partition("@")[0]
        return f"{where} may not use sudo. As root there:  adduser {user} sudo"
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
