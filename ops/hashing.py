"""Short, stable digests: two things are the same exactly when their digests are."""

import hashlib
from fnmatch import fnmatch
from pathlib import PurePath

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
