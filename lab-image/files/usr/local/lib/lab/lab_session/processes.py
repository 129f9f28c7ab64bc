"""The lab's processes: who started whom, and how much each has used the processor."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Process:
    """One process; `seconds` of the processor include those of its children that have ended."""

    pid: int
    parent: int
    seconds: float


Processes = Mapping[int, Process]


def parse_stat(text: str) -> Process:
    """Read /proc/PID/stat; a program's name may hold spaces and brackets."""
    pid, _, rest = text.partition(" ")
    fields = rest.rpartition(")")[2].split()
    ticks = sum(int(fields[number]) for number in (11, 12, 13, 14))
    return Process(int(pid), int(fields[1]), ticks / TICKS)


def read_processes(proc: Path = PROC) -> Processes:
    """Return all processes that there are; in a lab these are the member's."""
    found = {}
    for path in proc.glob("[0-9]*/stat"):
        try:
            process = parse_stat(path.read_text(errors="replace"))
        except (OSError, ValueError, IndexError):
            # It ended between the two looks.
            continue
        found[process.pid] = process
    return found


def below(processes: Processes, root: int) -> frozenset[int]:
    """Return the processes that one has started, and those that these have, without itself."""
    children: dict[int, list[int]] = {}
    for process in processes.values():
        children.setdefault(process.parent, []).append(process.pid)
    found: set[int] = set()
    pending = list(children.get(root, ()))
    while pending:
        pid = pending.pop()
        if pid not in found:
            found.add(pid)
            pending += children.get(pid, ())
    return frozenset(found)


def seconds_used(pids: Iterable[int], now: Processes, before: Processes) -> float:
    """Return how long processes have used the processor since they were looked at before."""
    return sum(
        now[pid].seconds - (before[pid].seconds if pid in before else 0.0)
        for pid in pids
        if pid in now
    )
