"""Short, stable digests: two things are the same exactly when their digests are."""

import hashlib

LENGTH = 16


def digest(*parts: str | bytes) -> str:
    """Return the digest of parts in their order; where one ends matters."""
    state = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        state.update(len(data).to_bytes(8) + data)
    return state.hexdigest()[:LENGTH]
