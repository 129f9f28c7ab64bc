"""Backups on their way between host and laptop, through the SSH connection that there is."""

from contextlib import closing
from pathlib import Path
from typing import IO

from ops.errors import LostError, OperationError
from ops.remote.command import Shell, Step
from ops.remote.host import Host
from ops.remote.script import render_alone

CHUNK = 1 << 18

_RECEIVE = """\
umask 077
mkdir -p "${1%/*}"
trap 'rm -f "$1.partial"' EXIT
cat > "$1.partial"
[ "$(stat -c %s "$1.partial")" = "$2" ]
sync "$1.partial"
mv -fT "$1.partial" "$1"
"""


def download(host: Host, step: Step, out: IO[bytes]) -> None:
    """Run a step on the host and write what it prints to a file.

    :raises OperationError: with the sentence that the step ended with.
    """
    channel, heard = host.root_shell(render_alone(step))
    channel.set_combine_stderr(False)
    with closing(channel):
        out.write(heard)
        while data := channel.recv(CHUNK):
            out.write(data)
        status = channel.recv_exit_status()
        said = channel.recv_stderr(CHUNK).decode(errors="replace").strip()
    _require(host, status, said)


def upload(host: Host, source: Path, path: str) -> None:
    """Write a file of this machine to the host, whole or not at all."""
    size = source.stat().st_size
    step = Shell(f"receive {path}", _RECEIVE, (path, str(size)), watches=True)
    channel, heard = host.root_shell(render_alone(step))
    with closing(channel):
        try:
            with source.open("rb") as file:
                while data := file.read(CHUNK):
                    channel.sendall(data)
            channel.shutdown_write()
        except OSError:
            pass  # what it ended with says why
        while data := channel.recv(CHUNK):
            heard += data
        status = channel.recv_exit_status()
    _require(host, status, heard.decode(errors="replace").strip())


def _require(host: Host, status: int, said: str) -> None:
    if status < 0:
        raise LostError(host.where)
    if status:
        last = said.splitlines()[-1:] or [f"exit status {status}"]
        raise OperationError(f"On {host.where}: {last[0]}")
