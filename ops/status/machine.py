"""The machine: load, memory, and what fills its disk."""

from collections.abc import Mapping
from dataclasses import dataclass

from ops.images.prune_facts import parse_size
from ops.images.space import DISKS, Disk, parse_disks
from ops.images.storage import FIND_VOLUME
from ops.remote.framing import Answers
from ops.remote.script import Question

SECONDS = 3
"""For the size of the homes: a page is looked at often, `inv users` measures each to the end."""

LOAD = Question(
    "load",
    "cat /proc/uptime /proc/loadavg; nproc; sed -n 's/^\\(MemTotal\\|MemAvailable\\): *//p' "
    '/proc/meminfo; . /etc/os-release; echo "$PRETTY_NAME"',
)
SIZES = Question(
    "sizes",
    FIND_VOLUME
    + f"""\
docker system df --format 'engine|{{{{.Type}}}}|{{{{.Size}}}}' &
size() {{ printf '%s|%s\\n' "$1" "$(timeout {SECONDS} du -scx -B1 "${{@:2}}" 2>/dev/null |
  sed -n 's/\\ttotal$//p')"; }}
[ -z "$volume" ] || size registry "$volume" &
size homes /home &
size logs /var/log /var/lib/docker/containers &
wait
""",
)
QUESTIONS = (LOAD, SIZES, DISKS)


@dataclass(frozen=True)
class Machine:
    """A host without what runs on it; sizes in bytes, None where they are not known."""

    system: str
    up_seconds: float
    load: float
    cores: int
    memory: int
    memory_free: int
    disks: tuple[Disk, ...]
    fills: Mapping[str, int | None]


def parse_machine(answers: Answers) -> Machine:
    """Read the answers to `QUESTIONS`."""
    up, load, cores, memory, free, system = answers["load"].splitlines()
    return Machine(
        system=system,
        up_seconds=float(up.split()[0]),
        load=float(load.split()[0]),
        cores=int(cores),
        memory=_kibibytes(memory),
        memory_free=_kibibytes(free),
        disks=tuple(parse_disks(answers)),
        fills=dict(_fills(answers["sizes"])),
    )


def _kibibytes(text: str) -> int:
    return int(text.split()[0]) * 1024


def _fills(text: str) -> list[tuple[str, int | None]]:
    found: dict[str, int | None] = {}
    for line in text.splitlines():
        match line.split("|"):
            case ["engine", "Images", size]:
                found["images"] = parse_size(size)
            case ["engine", "Build Cache", size]:
                found["build cache"] = parse_size(size)
            case [what, size] if what in ("registry", "homes", "logs"):
                found[what] = int(size) if size else None
    order = ("images", "registry", "build cache", "homes", "logs")
    return [(what, found[what]) for what in order if what in found]
