from pathlib import Path

import pytest

from ops.errors import OperationError
from ops.stack.release import SETTINGS, read_files
from tests.unit.stack.hosts import release


def test_what_tools_leave_behind_is_no_part_of_a_release(tmp_path: Path) -> None:
    for leftover in ("__pycache__/a.pyc", ".mypy_cache/x", "hub/.DS_Store", "compose.yaml~"):
        (tmp_path / leftover).parent.mkdir(exist_ok=True)
        (tmp_path / leftover).write_bytes(b"\xff")
    (tmp_path / "compose.yaml").write_text("x")
    assert list(read_files(tmp_path)) == ["compose.yaml"]
    (tmp_path / "logo.png").write_bytes(b"\xff")
    with pytest.raises(OperationError, match=r"logo\.png is not text"):
        read_files(tmp_path)


def test_no_secret_is_in_the_files() -> None:
    settings = release("LAB_SUDO_PASSWORD=hunter2").files[SETTINGS]
    assert "hunter2" not in str(settings.content)
    assert "LAB_NAME='it\\'s $HOME \"x\"'" in str(
        release('LAB_NAME="it\'s $HOME \\"x\\""').files[SETTINGS].content
    )
