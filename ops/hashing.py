"""Short, stable digests: two things are the same exactly when their digests are."""

import hashlib
import os
from fnmatch import fnmatch
from pathlib import Path, PurePath

LENGTH = 16

LEFTOVERS = ("__pycache__", ".*_cache", "*~", ".*.swp", ".DS_Store")
"""What tools leave behind in a folder; it is no part of what the folder is."""


def digest(*parts: str | bytes) -> str:
    """Return the digest of parts in their order; where one ends matters."""
    state = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        state.update(len(data).to_bytes(8) + data)
    return state.hexdigest()[:LENGTH]


def is_leftover(path: PurePath) -> bool:
    """Say whether a path, relative to its folder, is or lies in what a tool left there."""
    return any(fnmatch(part, pattern) for part in path.parts for pattern in LEFTOVERS)


def tree_hash(folder: Path) -> str:
    """Return the digest of a folder's files: their paths, executable bits and contents."""
    parts: list[str | bytes] = []
    for path in sorted(folder.rglob("*"), key=lambda path: path.relative_to(folder).as_posix()):
        name = path.relative_to(folder)
        # Of a repository its commit counts, not how it is packed: a history is not even read.
        if {"__pycache__", ".git"} & set(name.parts):
            continue
        kind, content = _identity(path)
        if kind:
            parts += [kind, os.fsencode(name), content]
    return digest(*parts)


def _identity(path: Path) -> tuple[str, bytes]:
    if path.is_symlink():
        return "link", os.fsencode(path.readlink())
    if path.is_file():
        is_executable = path.stat().st_mode & 0o100
        return ("program" if is_executable else "file"), path.read_bytes()
    return "", b""
