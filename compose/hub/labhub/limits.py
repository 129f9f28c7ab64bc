"""What a lab may take: the operator's list, and what of it is a member's."""

import logging
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import Any

from .shared import read_json

UNITS = {"M": 1024**2, "G": 1024**3}

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Limits:
    """What one lab may take; `idle_hours` 0 stands for ever."""

    memory: str = "4G"
    cpus: float = 2.0
    processes: int = 512
    idle_hours: float = 12.0


DEFAULTS = Limits()
"""Of a host whose list is missing or damaged: those of `.env.example`."""


def read_limits(path: Path, name: str, groups: Collection[str]) -> Limits:
    """Return the limits of a member of these groups, by the list as it is now."""
    found: dict[str, Any] = read_json(path.name, {}, path.parent)
    try:
        return find_limits(found, name, groups)
    except (AttributeError, TypeError, ValueError, LookupError) as error:
        _log.warning("%s is not what inv deploy writes: %s", path, error)
        return DEFAULTS


def find_limits(found: Mapping[str, Any], name: str, groups: Collection[str]) -> Limits:
    """Return a member's own limits, else the largest of their groups', else everybody's."""

    def of(key: str, default: Any, size: Callable[[Any], float] = float) -> Any:
        entry = found.get(key)
        if entry is None:
            return default
        own = entry["members"].get(name)
        if own is not None:
            return own
        theirs = [value for group, value in entry["groups"].items() if group in groups]
        return max(theirs, key=size) if theirs else entry["general"]

    return Limits(
        memory=of("memory_limit", DEFAULTS.memory, in_bytes),
        cpus=of("cpu_limit", DEFAULTS.cpus),
        processes=of("process_limit", DEFAULTS.processes),
        idle_hours=of("idle_hours", DEFAULTS.idle_hours, lambda hours: hours or inf),
    )


def in_bytes(memory: str) -> int:
    """Return the bytes of ``4G`` or ``512M``."""
    return int(memory[:-1]) * UNITS[memory[-1]]


def describe_memory(memory: str) -> str:
    """Write ``4G`` for people."""
    return f"{memory[:-1]} {memory[-1]}B of memory"


def describe_stay(hours: float) -> str:
    """Say when a lab ends by itself."""
    if not hours:
        return "stays until it is stopped"
    if hours < 1:
        number, unit = hours * 60, "minute"
    else:
        number, unit = hours, "hour"
    return f"stops after {number:g} {unit}{'' if number == 1 else 's'} in which nothing runs"


def describe(limits: Limits) -> str:
    """Say what a lab may take, and how long it stays."""
    cores = f"{limits.cpus:g} core{'' if limits.cpus == 1 else 's'}"
    return f"{describe_memory(limits.memory)}, {cores} · {describe_stay(limits.idle_hours)}"
