"""A server that never answers, and what an interrupt or a time-out leaves of git."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ops.errors import SourceError
from ops.images.mirror import mirror
from sandbox.patience import ANSWER, SILENCE, until


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A server that is silent; the file, which holds its process, is there once it is asked."""
    ssh, pid = tmp_path / "ssh", tmp_path / "pid"
    ssh.write_text(f"#!/bin/sh\necho $$ >{pid}.new; mv {pid}.new {pid}; exec sleep 3600\n")
    ssh.chmod(0o755)
    monkeypatch.setenv("GIT_SSH", str(ssh))
    return pid


def fetch(url: str, cache: Path, **options: float) -> None:
    with mirror(url, cache, **options):  # type: ignore[arg-type]
        pass


def test_a_silent_server_ends_by_time_out_with_all_its_processes(cache: Path, asked: Path) -> None:
    limit = 0.25
    while not asked.exists():  # the server has been asked
        limit *= 2
        with pytest.raises(SourceError, match=f"did not answer within {limit:g} s"):
            fetch("git@host:x.git", cache, timeout=limit)
    await_end(int(asked.read_text()))


def await_end(pid: int) -> None:
    """Wait until a process has ended; a zombie has."""

    def is_gone() -> bool:
        try:
            return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
        except (FileNotFoundError, ProcessLookupError):
            return True

    until(is_gone, f"Process {pid} ends", ANSWER, pause=0.01)


def test_ctrl_c_while_fetching_leaves_no_mirror(cache: Path, asked: Path) -> None:
    code = (
        "import sys, pathlib; from ops.images.mirror import mirror; "
        "mirror(sys.argv[1], pathlib.Path(sys.argv[2])).__enter__()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, "git@host:x.git", str(cache)],
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[3])},
        stderr=subprocess.DEVNULL,
    )
    until(asked.exists, "The server is asked", pause=0.01)
    process.send_signal(signal.SIGINT)
    process.wait(timeout=SILENCE)
    await_end(int(asked.read_text()))
    assert {path.suffix for path in cache.iterdir()} == {".partial", ".lock"}


def test_ctrl_c_while_git_is_started_ends_it_too(
    cache: Path, asked: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Begun(subprocess.Popen[bytes]):
        """A program that is under way before Python has said so."""

        def __init__(self, argv: list[str], **options: Any) -> None:
            super().__init__(argv, **options)
            if "fetch" in argv:
                until(asked.exists, "The server is asked", pause=0.01)
                signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr("ops.images.git.subprocess.Popen", Begun)
    with pytest.raises(KeyboardInterrupt):
        fetch("git@host:x.git", cache)
    await_end(int(asked.read_text()))
