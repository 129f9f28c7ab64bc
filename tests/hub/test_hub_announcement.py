"""What the operator announced, as the hub reads it for each page."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from labhub.announcement import FILE, Announcement, read_announcement

from ops.remote.command import Upload
from ops.stack import announce

SINCE = datetime(2026, 11, 23, 16, tzinfo=UTC)


def test_what_inv_announce_writes_is_what_the_hub_reads(tmp_path: Path) -> None:
    assert read_announcement(folder=tmp_path) is None
    (change,) = announce.ensure_announcement("at 17:00\nreally", SINCE, announce.Announced())
    (upload,) = change.steps
    assert isinstance(upload, Upload)
    assert Path(upload.path).name == FILE
    (tmp_path / FILE).write_text(str(upload.content))
    assert read_announcement(folder=tmp_path) == Announcement("at 17:00\nreally", SINCE)
    (tmp_path / FILE).unlink()
    assert read_announcement(folder=tmp_path) is None


@pytest.mark.parametrize("content", ["", "[]", "{", '{"text": 5}', '{"text": " "}', '"text"'])
def test_a_damaged_file_announces_nothing(tmp_path: Path, content: str) -> None:
    (tmp_path / FILE).write_text(content)
    assert read_announcement(folder=tmp_path) is None


@pytest.mark.parametrize("since", [None, "yesterday", 5])
def test_without_its_time_it_is_announced_all_the_same(tmp_path: Path, since: object) -> None:
    (tmp_path / FILE).write_text(json.dumps({"text": "x", "since": since}))
    assert read_announcement(folder=tmp_path) == Announcement("x", None)
