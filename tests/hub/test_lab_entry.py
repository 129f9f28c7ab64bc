"""`lab-entry`, run by a real shell: links and record in a member's home, nothing else touched."""

import os
import subprocess
from pathlib import Path

import pytest

ENTRY = Path(__file__).parents[2] / "lab-image" / "files" / "usr" / "local" / "bin" / "lab-entry"
DATA, LEEM = Path("/srv/labhub/data/share"), Path("/srv/labhub/leem/share")


def enter(
    home: Path, mounts: str | None = None, record: str | None = None
) -> subprocess.CompletedProcess[str]:
    """Start `echo up` as a lab is started."""
    told = {} if mounts is None else {"LABHUB_MOUNTS": mounts}
    told |= {} if record is None else {"LABHUB_SESSION": record}
    done = subprocess.run(
        ["sh", ENTRY, "echo", "up"],
        env={"PATH": os.environ["PATH"], "HOME": str(home), **told},
        capture_output=True,
        text=True,
        timeout=10,
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


RECORD = '{"image": "a:1", "note": "\\\\n %s ä"}'


def test_each_session_is_one_line(tmp_path: Path) -> None:
    for _ in range(2):
        assert enter(tmp_path, record=RECORD).stderr == ""
    file = tmp_path / ".labhub" / "sessions.jsonl"
    assert file.read_text() == f"{RECORD}\n{RECORD}\n"
    assert file.parent.stat().st_mode & 0o777 == 0o700


def test_a_hub_that_tells_of_no_session_leaves_no_trace(tmp_path: Path) -> None:
    assert enter(tmp_path).stderr == enter(tmp_path, record="").stderr == ""
    assert list(tmp_path.iterdir()) == []


def test_a_line_that_had_found_no_room_spoils_none_after_it(tmp_path: Path) -> None:
    file = tmp_path / ".labhub" / "sessions.jsonl"
    file.parent.mkdir()
    file.write_text('{"ima')
    enter(tmp_path, record=RECORD)
    assert file.read_text().splitlines() == ['{"ima', RECORD]


def spoil(folder: Path, how: str) -> None:
    """Put something into the home that is in the record's way."""
    file = folder / "sessions.jsonl"
    if how == "a file for the folder":
        folder.write_text("mine")
    elif how == "a link for the folder":
        folder.symlink_to("/tmp")
    elif how == "a link to nowhere for the folder":
        folder.symlink_to("/nowhere/at/all")
    else:
        folder.mkdir()
    if how == "a folder for the file":
        file.mkdir()
    elif how == "a pipe":
        os.mkfifo(file)
    elif how == "a full disk":
        file.symlink_to("/dev/full")
    elif how == "a link to nowhere":
        file.symlink_to("/nowhere/at/all")


@pytest.mark.parametrize(
    "how",
    [
        *("a file for the folder", "a link for the folder", "a link to nowhere for the folder"),
        *("a folder for the file", "a pipe", "a full disk", "a link to nowhere"),
    ],
)
def test_a_record_that_cannot_be_written_never_keeps_a_lab_from_starting(
    tmp_path: Path, how: str
) -> None:
    spoil(tmp_path / ".labhub", how)
    said = enter(tmp_path, record=RECORD).stderr
    assert said.startswith("This session is not recorded: ") and len(said.splitlines()) == 1


def test_a_home_that_takes_nothing_more_keeps_no_lab_from_starting(tmp_path: Path) -> None:
    limited = f'ulimit -f 0; trap "" XFSZ; exec sh {ENTRY} echo up'
    done = subprocess.run(
        ["bash", "-c", limited],
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "LABHUB_SESSION": RECORD},
        capture_output=True,
        text=True,
        timeout=10,
    )
    assert done.stdout == "up\n" and done.returncode == 0
    assert "This session is not recorded" in done.stderr
    enter(tmp_path, record=RECORD)
    assert (tmp_path / ".labhub" / "sessions.jsonl").read_text() == f"{RECORD}\n"


PROFILE = ENTRY.parents[3] / "etc" / "profile.d" / "lab.sh"


def test_a_terminal_says_what_it_is_and_a_script_does_not(tmp_path: Path) -> None:
    told = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "LABHUB_SUMMARY": "a:1 · 4 GB"}
    for flags, said in (("-ic", "a:1 · 4 GB\n"), ("-c", "")):
        done = subprocess.run(
            ["bash", "--norc", flags, f". {PROFILE}"],
            env=told,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=10,
        )
        assert done.stdout == said
