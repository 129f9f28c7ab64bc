"""Members write their records themselves, and root reads them: a real bash on real files."""

import os
import subprocess
from pathlib import Path

import pytest

from ops.errors import FactError
from ops.images import records
from ops.images.records import RECORDS, Records, parse_records

ONE, TWO = (f"sha256:{digit * 64}" for digit in "12")


@pytest.fixture
def homes(tmp_path: Path) -> Path:
    return tmp_path / "homes"


def record(homes: Path, name: str) -> Path:
    path = homes / f"jupyter-{name}/.labhub/sessions.jsonl"
    path.parent.mkdir(parents=True)
    return path


def read(homes: Path) -> Records:
    script = RECORDS.script.replace("/home/", f"{homes}/")
    done = subprocess.run(
        ["bash", "-c", f"export LC_ALL=C.UTF-8 PATH=/usr/bin:/bin\n{script}"],
        capture_output=True,
        timeout=10,
    )
    answer = done.stdout.decode(errors="replace").replace(str(homes), "/home")
    return parse_records({"records": answer.strip("\n")})


def test_each_digest_is_found_with_those_who_name_it(homes: Path) -> None:
    record(homes, "alice").write_text(
        f'{{"digest": "{ONE}"}}\n{{"digest": "localhost:5000/tools@{TWO}"}}\n' * 3
    )
    record(homes, "anna-lena_1").write_bytes(b'\x00\xff{"digest":"' + ONE.encode())
    record(homes, "bob").write_text("")
    found = read(homes)
    assert found == Records({ONE: ("alice", "anna-lena_1"), TWO: ("alice",)}, ())
    assert found.naming([ONE, TWO]) == ("alice", "anna-lena_1")
    assert found.naming(["sha256:other"]) == ()


def test_nobody_has_worked_yet(homes: Path) -> None:
    assert read(homes) == Records({}, ())


def test_no_member_can_lead_root_elsewhere_or_keep_it_waiting(homes: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "sessions.jsonl").write_text(ONE)
    record(homes, "link").symlink_to(secret / "sessions.jsonl")
    record(homes, "zero").symlink_to("/dev/zero")
    os.mkfifo(record(homes, "pipe"))
    record(homes, "folder").mkdir()
    (homes / "jupyter-folder-link").mkdir()
    (homes / "jupyter-folder-link/.labhub").symlink_to(secret)
    assert read(homes) == Records({}, ())


def test_a_record_that_is_too_long_may_name_anything(homes: Path) -> None:
    path = record(homes, "alice")
    with path.open("wb") as file:
        file.truncate(records.LIMIT + 1)
    found = read(homes)
    assert found.unread == ("alice",)
    assert found.naming([ONE]) == ("alice",), "nothing is removed that she may need"


def test_records_that_could_not_all_be_read_are_an_error() -> None:
    with pytest.raises(FactError, match=r"sessions\.jsonl"):
        parse_records({"records": f"#/home/jupyter-alice/.labhub/sessions.jsonl 9\n{ONE}"})
