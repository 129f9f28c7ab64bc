"""What makes two folders the same."""

import os
from pathlib import Path

from ops.hashing import tree_hash


def test_the_hash_sees_names_contents_links_and_modes(tmp_path: Path) -> None:
    a, b, link = tmp_path / "a", tmp_path / "b", tmp_path / "link"
    a.write_text("a")
    b.write_text("b")
    seen = [tree_hash(tmp_path)]
    a.chmod(0o755)
    seen.append(tree_hash(tmp_path))
    link.symlink_to("a")
    seen.append(tree_hash(tmp_path))
    link.unlink()
    link.symlink_to("b")
    seen.append(tree_hash(tmp_path))
    a.write_text("ab")
    b.write_text("")
    seen.append(tree_hash(tmp_path))
    b.rename(tmp_path / "c")
    seen.append(tree_hash(tmp_path))
    assert len(set(seen)) == len(seen)


def test_the_hash_does_not_see_times_umask_or_byte_code(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("a")
    before = tree_hash(tmp_path)
    os.utime(tmp_path / "a", (0, 0))
    (tmp_path / "a").chmod(0o600)
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "a.pyc").write_bytes(b"\0")
    assert tree_hash(tmp_path) == before
