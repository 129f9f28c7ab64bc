"""What a push has to know of the host."""

from collections.abc import Iterable, Sequence

from ops.labels import LAB, ORIGIN
from ops.plan.command import Secret
from ops.plan.objects import Objects, is_running, objects
from ops.plan.question import Answers, Question, plain
from ops.plan.tools import TOOLS
from ops.publisher import PASSWORD_FILE

HOME = Question("home", 'getent passwd "${SUDO_USER:-root}" | cut -d: -f6', plain)
"""Where the operator is at home."""

# One that ends just now is not found any more.
RUNNING = Question(
    "labs",
    f"docker ps --quiet --filter label={LAB} | xargs --no-run-if-empty docker inspect --format "
    f"'{{{{.Image}}}} {{{{index .Config.Labels \"{LAB}\"}}}}' 2>/dev/null || [ $? = 123 ]",
    lambda text: [line.split() for line in text.splitlines()],
)
"""Which image each running lab has, and whose it is."""

_REGISTRY = "labhub-registry"

FREE = Question(
    "disk",
    # Where the engine keeps what it makes; `docker info` tells it as well, in 80 ms.
    f"""\
kept=$(docker inspect --format '{{{{.ResolvConfPath}}}}' {_REGISTRY})
df --output=avail --block-size=1 "${{kept%/*}}" | tail -n 1
""",
    int,
)
"""The bytes that are free where the engine keeps images."""
FIRST_BYTES = 6_000_000_000
"""What the first image takes while it is made: its layers, as images and as the build's cache, and
compressed in the registry."""
NEXT_BYTES = 1_000_000_000

PASSWORD = Question("publisher", f"[ ! -e {PASSWORD_FILE} ] || cat {PASSWORD_FILE}", Secret)
"""The password for publishing; empty on a host that has none yet."""

QUESTIONS = (HOME, PASSWORD, RUNNING, TOOLS, FREE)
"""What a push asks beside that of which there may be several."""


def stack(base: str) -> Question[Objects]:
    """Ask for what a push needs there: the registry, and the image that labs are built from."""
    return objects("stack", _REGISTRY, base)


def lacking(answers: Answers, there: Question[Objects], base: str, origin: str) -> str | None:
    """Say what of all that a push needs a host lacks; `origin` is what its base is made from."""
    tools = answers[TOOLS]
    if lost := [name for name in ("docker", "buildx", "rsync") if name not in tools]:
        return f"There is no {' and no '.join(lost)}"
    if not answers[PASSWORD].value:
        return "There is no credential for publishing"
    return missing(answers[there], base, origin)


def too_full(answers: Answers, *, is_first: bool) -> str | None:
    """Say so where the engine's disk has less than an image needs; None where it has enough."""
    free, needed = answers[FREE], FIRST_BYTES if is_first else NEXT_BYTES
    if free >= needed:
        return None
    return (
        f"has {free / 1e9:.1f} GB left on the disk of its engine, and an image may need "
        f"{needed / 1e9:.0f} GB while it is made: docker system df  there tells what has them, "
        "docker builder prune  gives back what only later builds would be quicker by"
    )


def missing(found: Objects, base: str, origin: str) -> str | None:
    """Say which of registry and base a host lacks."""
    registry = found.get(_REGISTRY)
    if registry is None or not is_running(registry):
        return "No registry runs"
    labels = found.get(f"{base}:latest", {}).get("Config", {}).get("Labels") or {}
    if labels.get(ORIGIN) != origin:
        return f"No base for lab images that is made from {origin} is there"
    return None


def members_of(labs: Iterable[Sequence[str]], ids: Iterable[str]) -> list[str]:
    """Return who runs an image, by what the engine may know it by."""
    known = set(ids)
    return sorted(member for image, member in labs if image in known)
