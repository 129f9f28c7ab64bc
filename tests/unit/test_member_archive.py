"""Homes are packed, deleted and brought back by a real bash and a real tar."""

import os
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from ops.members import archive as member_archive
from ops.remote.command import Shell, render_step

# Its processes are killed: no number that a test of images has in a container on this machine.
NOBODY_S_UID = "3999999999"
NASTY = "we ird\n\"n'a\\me"


@dataclass(frozen=True)
class Place:
    """A host's /home and its folder of archives, below a test's own folder."""

    root: Path

    @property
    def home(self) -> Path:
        return self.root / "home" / "jupyter-alice"

    @property
    def archive(self) -> Path:
        return self.root / "removed" / "alice.tar.gz"

    @property
    def archives(self) -> list[str]:
        return sorted(path.name for path in self.archive.parent.iterdir())

    def run(self, step: Shell, *more: str) -> tuple[int, str]:
        """Run a step at this place in the host's; return its status and what it printed."""
        step = Shell("", step.script, (str(self.home.parent), self.home.name, *more))
        done = subprocess.run(
            ["bash", "-c", render_step(step)],
            env={**os.environ, "PATH": f"{self.root / 'bin'}:{os.environ['PATH']}"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
        )
        return done.returncode, done.stdout

    def pack(self) -> tuple[int, str]:
        return self.run(member_archive.pack("alice", 1), str(self.archive), NOBODY_S_UID)

    def delete(self) -> tuple[int, str]:
        return self.run(member_archive.delete("alice"))

    def unpack(self) -> tuple[int, str]:
        return self.run(member_archive.unpack("alice"), str(self.archive))

    def forget(self) -> tuple[int, str]:
        record = self.archive.with_name("alice.json")
        return self.run(member_archive.forget("alice"), str(self.archive), str(record))

    def stub(self, program: str, script: str) -> None:
        """Let a program do something else on this host."""
        path = self.root / "bin" / program
        path.write_text(f"#!/bin/bash\n{script}\n")
        path.chmod(0o755)

    def look(self) -> dict[str, tuple[object, ...]]:
        """Return all that a home is, by path."""
        found: dict[str, tuple[object, ...]] = {}
        for path in [self.home, *self.home.rglob("*")]:
            stat = path.lstat()
            content: object = None
            if path.is_symlink():
                content = path.readlink()
            elif path.is_file():
                content = path.read_bytes()
            when = 0 if path.is_dir() else stat.st_mtime_ns
            found[str(path)] = (stat.st_mode, stat.st_uid, stat.st_gid, when, content)
        return found


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A home with all that makes one hard to pack."""
    place = Place(tmp_path)
    (tmp_path / "bin").mkdir()
    home = place.home
    (home / "empty").mkdir(parents=True)
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "theirs").write_text("not hers")
    (home / "out").symlink_to(outside)
    (home / "up").symlink_to("../../../../etc/passwd")
    (home / "dangling").symlink_to("nowhere")
    (home / NASTY).write_text("x")
    (home / "data").write_text("measured")
    (home / "hard").hardlink_to(home / "data")
    (home / "secret").write_text("s")
    (home / "secret").chmod(0o4710)
    os.mkfifo(home / "fifo")
    with (home / "sparse").open("wb") as file:
        file.truncate(300_000_000)
    deep = home / ("l" * 200) / ("m" * 200)
    deep.mkdir(parents=True)
    (deep / ("n" * 200)).write_text("deep")
    if os.geteuid() == 0:
        (home / "theirs").write_text("of another owner")
        os.chown(home / "theirs", 4242, 4343)
    return place


def test_a_home_goes_and_comes_back_to_the_letter(place: Place) -> None:
    before = place.look()
    assert place.pack() == (0, "")
    assert place.archive.stat().st_mode & 0o777 == 0o600
    assert place.archive.parent.stat().st_mode & 0o777 == 0o700
    assert place.delete() == (0, "")
    assert list(place.home.parent.iterdir()) == []
    assert (place.root / "outside" / "theirs").read_text() == "not hers"
    assert place.unpack() == (0, "")
    assert place.look() == before
    assert (place.home / "data").samefile(place.home / "hard")
    assert [path.name for path in place.home.parent.iterdir()] == ["jupyter-alice"]
    assert place.forget() == (0, "")
    assert place.archives == []


def test_a_sparse_file_fills_no_disk(place: Place) -> None:
    place.pack()
    assert place.archive.stat().st_size < 1_000_000
    place.delete()
    place.unpack()
    assert (place.home / "sparse").stat().st_blocks < 1000


def test_a_socket_is_nothing_to_keep(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(place.home)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("sock")
        status, said = place.pack()
    assert status == 0 and "socket ignored" in said


def test_twice_is_once(place: Place) -> None:
    place.pack()
    before = place.archive.stat().st_mtime_ns
    assert place.pack() == (0, "")
    assert place.archive.stat().st_mtime_ns == before
    place.delete()
    assert place.delete() == (0, "")


def test_an_archive_that_differs_gets_no_name(place: Place) -> None:
    # The member still writes, whatever was done to prevent it.
    real = 'real=$(PATH=${PATH#*:} command -v tar); "$real" "$@" || exit'
    grow = f'{real}; case $* in *--create*) echo more > "{place.home}/late";; esac'
    change = f'{real}; case $* in *--create*) echo another > "{place.home}/data";; esac'
    for script in (grow, change):
        place.stub("tar", script)
        status, said = place.pack()
        assert status == 1 and "differs from" in said
        assert place.archives == []
        assert place.home.is_dir()


def test_a_damaged_archive_is_none(place: Place) -> None:
    place.pack()
    content = place.archive.read_bytes()
    place.archive.write_bytes(content[: len(content) // 2])
    assert place.pack()[0] == 0
    assert len(place.archives) == 2, "what was there is kept by another name"
    place.archive.write_bytes(content[:-20])
    place.delete()
    status, said = place.unpack()
    assert status == 1 and "could not be unpacked" in said
    assert not place.home.exists()
    assert list(place.home.parent.iterdir()) == []


def test_a_disk_that_is_nearly_full_is_not_filled(place: Place) -> None:
    (place.home / "noise").write_bytes(os.urandom(2_000_000))
    place.stub("df", "printf 'Avail\\n1000\\n'")
    status, said = place.pack()
    assert status == 1 and "is the disk full?" in said
    assert place.archives == []


def test_the_archive_of_another_home_is_kept(place: Place) -> None:
    place.pack()
    (place.home / "data").write_text("another")
    assert place.pack() == (0, "")
    assert len(place.archives) == 2
    assert [name for name in place.archives if name.startswith("alice.until-")]


def test_the_archive_of_a_home_that_is_another_by_now_outlives_its_record(place: Place) -> None:
    place.pack()
    place.archive.with_name("alice.json").write_text("{}")
    (place.home / "data").write_text("another")
    status, said = place.forget()
    assert status == 0 and "is kept" in said
    (kept,) = place.archives
    assert kept.startswith("alice.until-")


def test_a_deletion_that_was_broken_off_is_finished(place: Place) -> None:
    left = place.home.with_name(".jupyter-alice.removed")
    (left / "rest").mkdir(parents=True)
    place.pack()
    assert place.delete() == (0, "")
    assert list(place.home.parent.iterdir()) == []


def test_a_home_is_never_unpacked_over_another(place: Place) -> None:
    place.pack()
    (place.home / "data").write_text("another")
    status, said = place.unpack()
    assert status == 1 and "is there already" in said
    assert (place.home / "data").read_text() == "another"
    assert [path.name for path in place.home.parent.iterdir()] == ["jupyter-alice"]


def test_what_is_mounted_in_a_home_is_told_first(place: Place) -> None:
    place.stub("awk", "echo /home/jupyter-alice/share")
    status, said = place.pack()
    assert status == 1 and "unmount it first" in said
    assert not place.archive.parent.exists()
