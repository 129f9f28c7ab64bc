"""Room on the host's disk: what a push will take, and whether that is too much."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rich.filesize import decimal

from ops.errors import OperationError
from ops.images.recipe import Image
from ops.images.registry import Published
from ops.images.storage import FIND_VOLUME
from ops.remote.framing import Answers
from ops.remote.script import Question

DISKS = Question(
    "disks",
    FIND_VOLUME
    + """\
root=/var/lib/docker
[ -d "$root" ] || root=$(docker info -f '{{.DockerRootDir}}')
df --block-size=1 --output=used,avail,target "$root" "$volume" | tail -n +2 | sort -u
""",
)
WARN, REFUSE = 0.85, 0.95

USUAL = 700_000_000
"""Bytes of a lab image as it is sent: what ours was when it was measured."""
UNPACKED = 3
"""How much larger it is on the host; the registry has it too, as it was sent."""
LAST_LAYERS = 3
"""What changes with the package: what it needs, itself, and the note that it passed its test."""
SPARE = 100_000_000


@dataclass(frozen=True)
class Disk:
    """A file system of the host; what is reserved for root counts as neither."""

    path: str
    used: int
    free: int

    def share_used(self, more: int = 0) -> float:
        """Return how full it is, from 0 to 1, as `df` counts it; or would be with more on it."""
        return (self.used + more) / max(self.used + self.free, 1)


def parse_disks(answers: Answers) -> Iterator[Disk]:
    """Read the answer to `DISKS`."""
    for line in answers["disks"].splitlines():
        used, free, path = line.split(maxsplit=2)
        yield Disk(path, int(used), int(free))


def estimate(image: Image, known: Published | None) -> int:
    """Return the bytes that a push will take; `known` is another version of the image.

    Where all below the package is as it was, its layers are on the host already.
    """
    if known is None:
        return USUAL * (1 + UNPACKED)
    is_same = known.labels.get("labhub.common") == image.common
    if not is_same or image.has_own_recipe:
        return known.size * (1 + UNPACKED)
    sizes = [int(layer["size"]) for layer in json.loads(known.manifest)["layers"]]
    return SPARE + (1 + UNPACKED) * sum(sizes[-LAST_LAYERS:])


def warnings(disks: Iterable[Disk], more: int, where: str) -> Iterator[str]:
    """Say which disks a push would fill.

    :raises OperationError: where one would be so full that the labs suffer.
    """
    for disk in disks:
        share = disk.share_used(more)
        said = (
            f"The disk of {where} ({disk.path}) would be {share:.0%} full with this push, which "
            f"takes up to {decimal(more)}; {decimal(disk.free)} are free"
        )
        if share >= REFUSE:
            raise OperationError(f"{said}. Make room first: inv prune, inv remove-tag --tag …")
        if share > WARN:
            yield f"{said} (inv prune)"
