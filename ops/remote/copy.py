"""A folder to the host by rsync, through the connection that there is."""

import posixpath
import shlex
import shutil
import socket
import subprocess
import sys
from pathlib import Path

from paramiko import Channel, Transport
from paramiko.ssh_exception import SSHException

from ops.errors import ConnectError, OperationError
from ops.remote.session import open_session
from ops.remote.tunnel import tunnel

_BRIDGE = Path(__file__).with_name("bridge.py")


def copy(transport: Transport, where: str, folder: Path, target: str, like: str) -> None:
    """Make `target`, a folder in the operator's home on the host, equal to a local folder.

    What `like`, which may not be there, has under the same path need not travel; it is shared.

    :raises OperationError: with what rsync said.
    """
    if shutil.which("rsync") is None:
        raise OperationError("rsync is not installed on this machine; install it")
    opened: list[Channel] = []

    def dial(client: socket.socket) -> Channel:
        command = _read_command(client)
        try:
            channel = open_session(transport, where)
            channel.exec_command(command)
        except (SSHException, EOFError, OSError) as error:
            raise ConnectError(f"The connection to {where} was lost; run the task again") from error
        opened.append(channel)
        return channel

    try:
        with tunnel(dial) as path:
            bridge = shlex.join([sys.executable, "-I", "-S", str(_BRIDGE), str(path)])
            ends = (f"{folder}/", f"host:{target}/")
            argv = ["rsync", *_options(target, like), "-e", bridge, "--", *ends]
            done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True)
            if done.returncode:
                there = b"".join(channel.makefile_stderr("rb").read() for channel in opened)
                last = [*_last(there, 2), *_last(done.stderr, 2)]
                raise OSError(" ".join(last) or f"exit status {done.returncode}")
    except OSError as error:
        raise OperationError(f"Copying to {where} by rsync failed: {error}") from error


def _last(said: bytes, count: int) -> list[str]:
    return said.decode(errors="replace").strip().splitlines()[-count:]


def _options(target: str, like: str) -> list[str]:
    # rsync makes one folder, not its parents: the one on the host is started behind mkdir. The
    # source of a package is for its operator alone.
    make = f"(umask 077; {shlex.join(['mkdir', '-p', target])}) && rsync"
    return [
        # By content, with the time of the transfer: an export's files bear the time of their
        # commit, and BuildKit takes a file of the same time and size for the one that it has.
        *("--recursive", "--links", "--perms", "--checksum", "--delete"),
        # Relative to the target.
        f"--link-dest={posixpath.relpath(like, target)}",
        f"--rsync-path={make}",
    ]


def _read_command(client: socket.socket) -> str:
    command = b""
    while not command.endswith(b"\0"):
        if not (data := client.recv(1)):
            raise ConnectError("rsync ended before it said what it wants")
        command += data
    return command[:-1].decode(errors="replace")
