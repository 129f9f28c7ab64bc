"""How a sentence names several things."""

from collections.abc import Sequence


def listed(names: Sequence[str]) -> str:
    """Return at least one name as a sentence has them: ``a, b and c``."""
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
