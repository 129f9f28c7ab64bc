"""The lab's memory, as the kernel counts it against the limit."""

from dataclasses import dataclass
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
NO_LIMIT = 1 << 60
"""Bytes. cgroup 1 writes a number near 2**63 where there is no limit."""


@dataclass(frozen=True)
class Names:
    """What the files of one version of cgroups are called."""

    used: str
    cache: str
    limit: str
    events: str


SECOND = Names("memory.current", "inactive_file", "memory.max", "memory.events")
FIRST = Names(
    "memory/memory.usage_in_bytes",
    "total_inactive_file",
    "memory/memory.limit_in_bytes",
    "memory/memory.oom_control",
)


@dataclass(frozen=True)
class Memory:
    """Bytes used and allowed, None where unknown; and how many programs were ended for more."""

    used: int | None
    limit: int | None
    kills: int


def read_memory(root: Path = ROOT) -> Memory:
    """Return what is used now, without files that the kernel merely remembers."""
    names = SECOND if (root / SECOND.used).exists() else FIRST
    statistics = _pairs(root / Path(names.used).with_name("memory.stat"))
    used, limit = _number(root / names.used), _number(root / names.limit)
    return Memory(
        used=None if used is None else max(0, used - statistics.get(names.cache, 0)),
        limit=limit if limit is not None and limit < NO_LIMIT else None,
        kills=_pairs(root / names.events).get("oom_kill", 0),
    )


def _number(path: Path) -> int | None:
    try:
        return int(path.read_text())
    except (OSError, ValueError):
        return None


def _pairs(path: Path) -> dict[str, int]:
    try:
        lines = path.read_text().splitlines()
    except OSError:
        return {}
    words = [line.split() for line in lines]
    return {pair[0]: int(pair[1]) for pair in words if len(pair) == 2 and pair[1].isdecimal()}
