"""What fills the host beside the registry: the questions, and the parsers of their answers."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ops.errors import FactError
from ops.images.containers import CONTAINERS, Container, parse_containers
from ops.images.recipe import BUILD_FOLDER
from ops.images.records import RECORDS, Records, parse_records
from ops.images.storage import STORAGE, Storage, parse_storage
from ops.remote.framing import Answers
from ops.remote.script import Question
from ops.stack.releases import RELEASES, Releases, parse_releases

HOST_IMAGES = Question(
    "images",
    "docker image ls --quiet --no-trunc | sort -u | xargs -r docker image inspect "
    "--format '[{{json .Id}},{{json .RepoTags}},{{json .RepoDigests}}]'",
)
USAGE = Question(
    "usage",
    "docker system df --verbose --format '"
    "{{range .Images}}image {{.ID}} {{.UniqueSize}}{{println}}{{end}}"
    "{{range .BuildCache}}cache {{.InUse}} {{.Shared}} {{.CacheType}} {{.Size}}{{println}}{{end}}'",
)
BUILDS = Question(
    "builds",
    'cd "$(getent passwd "${SUDO_USER:-root}" | cut -d: -f6)/' + BUILD_FOLDER + '" && '
    "pwd && du -sb -- */",
)
QUESTIONS = (STORAGE, CONTAINERS, RECORDS, HOST_IMAGES, USAGE, RELEASES, BUILDS)

_UNITS = {"B": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}


@dataclass(frozen=True)
class HostImage:
    """An image of the host's engine; `alone` are the bytes that no other one shares."""

    id: str
    tags: tuple[str, ...]
    digests: tuple[str, ...]
    alone: int


@dataclass(frozen=True)
class Usage:
    """All that may be in the way on a host, and who needs it; folders with their sizes."""

    storage: Storage
    containers: tuple[Container, ...]
    records: Records
    images: tuple[HostImage, ...]
    cache: int
    releases: Releases
    builds: Mapping[str, int]


def parse_usage(answers: Answers) -> Usage:
    """Read the answers to `QUESTIONS`."""
    alone, cache = _sizes(answers["usage"])
    folder, *builds = answers["builds"].splitlines() or [""]
    sizes = (line.split("\t", 1) for line in builds)
    return Usage(
        storage=parse_storage(answers),
        containers=parse_containers(answers),
        records=parse_records(answers),
        images=tuple(_images(answers["images"], alone)),
        cache=cache,
        releases=parse_releases(answers),
        builds={f"{folder}/{name.rstrip('/')}": int(size) for size, name in sizes},
    )


def _sizes(text: str) -> tuple[dict[str, int], int]:
    alone: dict[str, int] = {}
    cache = 0
    for line in text.splitlines():
        match line.split():
            case ["image", name, size]:
                alone[_short(name)] = parse_size(size)
            # What BuildKit itself works with is not worth its name, and comes back at once.
            case ["cache", "false", "false", kind, size] if kind not in ("internal", "frontend"):
                cache += parse_size(size)
    return alone, cache


def _images(text: str, alone: Mapping[str, int]) -> Iterator[HostImage]:
    for line in text.splitlines():
        name, tags, digests = json.loads(line)
        yield HostImage(name, tuple(tags or ()), tuple(digests or ()), alone.get(_short(name), 0))


def _short(name: str) -> str:
    # Some versions of the engine shorten the names in one of the two lists.
    return name.removeprefix("sha256:")[:12]


def parse_size(text: str) -> int:
    """Read a size as the engine prints it: ``1.21GB``, ``0B``."""
    found = re.fullmatch(r"([\d.]+(?:e\+\d+)?)([kMGT]?B)", text)
    if found is None:
        raise FactError(f"The host's engine said a size that cannot be read: {text!r}")
    return int(float(found[1]) * _UNITS[found[2]])
