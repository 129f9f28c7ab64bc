"""`lab-entry`, run by a real shell: the links in a member's home, and nothing else touched."""

import os
import subprocess
from pathlib import Path

import pytest

ENTRY = Path(__file__).parents[2] / "lab-image" / "files" / "usr" / "local" / "bin" / "lab-entry"
DATA, LEEM = Path("/srv/labhub/data/share"), Path("/srv/labhub/leem/share")


def enter(home: Path, mounts: str | None) -> subprocess.CompletedProcess[str]:
    """Start `echo up` as a lab is started."""
    told = {} if mounts is None else {"LABHUB_MOUNTS": mounts}
    done = subprocess.run(
        ["sh", ENTRY, "echo", "up"],
        env={"PATH": os.environ["PATH"], "HOME": str(home), **told},
        capture_output=True,
        text=True,
    )
    assert done.stdout == "up\n" and done.returncode == 0, done.stderr
    return done


def links(home: Path) -> dict[str, Path]:
    return {path.name: path.readlink() for path in home.iterdir() if path.is_symlink()}


def test_each_mount_is_a_link_in_the_home_and_stays_one(tmp_path: Path) -> None:
    for _ in range(2):
        assert enter(tmp_path, "data leem").stderr == ""
        assert links(tmp_path) == {"data": DATA, "leem": LEEM}


@pytest.mark.parametrize("left", ["data", ""])
def test_a_link_to_a_mount_that_is_no_longer_the_member_s_goes(tmp_path: Path, left: str) -> None:
    enter(tmp_path, "data leem")
    enter(tmp_path, left)
    assert links(tmp_path) == ({"data": DATA} if left else {})


def test_what_the_member_has_there_stays(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "leem").write_text("mine")
    (tmp_path / "xps").symlink_to("/nowhere")
    (tmp_path / "my data").symlink_to(DATA / "2026")
    (tmp_path / "spelled").symlink_to("/srv/labhub/data")
    before = links(tmp_path)
    assert enter(tmp_path, "data leem xps").stderr == ""
    assert links(tmp_path) == before
    assert (tmp_path / "leem").read_text() == "mine"
    enter(tmp_path, "")
    assert links(tmp_path) == before


def test_a_hub_that_knows_of_no_mounts_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "data").symlink_to(DATA)
    enter(tmp_path, None)
    assert links(tmp_path) == {"data": DATA}


def test_a_link_that_cannot_be_made_does_not_stop_the_lab(tmp_path: Path) -> None:
    assert "missing" in enter(tmp_path / "missing", "data").stderr
