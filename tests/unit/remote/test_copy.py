"""A folder by rsync through a connection that is there: the real rsync, here in both places."""

import io
import os
import socket
import subprocess
import time
from pathlib import Path
from typing import cast

import pytest
from paramiko import Transport

from ops.errors import OperationError
from ops.remote.copy import copy

UPLINK = 8_000_000.0
"""Bytes a second: what is sent waits, so that rsync hears while it cannot speak."""


class Local:
    """In the place of sshd: a session runs its command here, in a folder that is the home there."""

    def __init__(self, home: Path, before: str = "") -> None:
        self._home, self._before = home, before

    def open_session(self) -> "Local":
        """Be one more session."""
        return Local(self._home, self._before)

    def exec_command(self, command: str) -> None:
        """Start a command as sshd does."""
        self._ours, theirs = socket.socketpair()
        with theirs:
            self._running = subprocess.Popen(
                ["sh", "-c", f"{self._before}{command}"],
                cwd=self._home,
                stdin=theirs.fileno(),
                stdout=theirs.fileno(),
                stderr=subprocess.PIPE,
            )

    def recv(self, count: int) -> bytes:
        return self._ours.recv(count)

    def sendall(self, data: bytes) -> None:
        time.sleep(len(data) / UPLINK)
        self._ours.sendall(data)

    def shutdown(self, how: int) -> None:
        self._ours.shutdown(how)

    def close(self) -> None:
        self._ours.close()

    def makefile_stderr(self, mode: str) -> io.BytesIO:
        """Return what the command has said on standard error."""
        return io.BytesIO(self._running.communicate()[1])


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


def send(folder: Path, home: Path, before: str = "") -> None:
    copy(cast(Transport, Local(home, before)), "op@lab", folder, "build/new", "build/last")


def test_what_the_last_one_has_is_shared_and_what_is_gone_goes(tmp_path: Path, home: Path) -> None:
    folder = tmp_path / "context"
    folder.mkdir()
    for name in ("same", "other"):
        (folder / name).write_text(f"{name} 1")
    send(folder, home)
    (home / "build/new").rename(home / "build/last")
    (folder / "other").write_text("other 2")
    (home / "build/new").mkdir()
    (home / "build/new/gone").touch()
    send(folder, home)
    assert {path.name for path in (home / "build/new").iterdir()} == {"same", "other"}
    assert (home / "build/new/other").read_text() == "other 2"
    assert (home / "build/new/same").samefile(home / "build/last/same")
    assert (home / "build").stat().st_mode & 0o777 == 0o700


def test_the_host_may_say_much_while_much_is_sent(tmp_path: Path, home: Path) -> None:
    # A large file first: the host asks for all the others while that one travels.
    folder = tmp_path / "context"
    (folder / "many").mkdir(parents=True)
    (folder / "first").write_bytes(os.urandom(4_000_000))
    for number in range(25_000):
        (folder / f"many/{number}").touch()
    send(folder, home)
    assert len(list((home / "build/new/many").iterdir())) == 25_000


@pytest.mark.parametrize(
    ("before", "said"),
    [
        ("echo 'rsync: command not found' >&2; exit 127; ", "rsync: command not found"),
        ("ulimit -f 100; ", "File too large"),
    ],
)
def test_what_the_host_says_is_what_the_operator_reads(
    tmp_path: Path, home: Path, before: str, said: str
) -> None:
    folder = tmp_path / "context"
    folder.mkdir()
    (folder / "large").write_bytes(os.urandom(8_000_000))
    with pytest.raises(OperationError, match=r"^Copying to op@lab by rsync failed: ") as it:
        send(folder, home, before)
    assert said in str(it.value) and "Traceback" not in str(it.value)


def test_a_laptop_where_no_socket_can_be_is_a_sentence(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = tmp_path / ("x" * 100)
    deep.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(deep))
    with pytest.raises(OperationError, match="by rsync failed: AF_UNIX path too long"):
        send(tmp_path, home)
