"""Operation: Docker Engine with Compose and buildx, and the base of every image."""

from collections.abc import Iterator

from ops.errors import OperationError
from ops.hashing import digest
from ops.labels import BASE, INPUTS, ORIGIN
from ops.plan.command import Change, Shell, run
from ops.plan.files import read_script
from ops.plan.packages import install
from ops.plan.tools import COMPOSE_NEEDED
from ops.stack.facts import CERTIFICATES, System
from ops.wording import listed

_MAKE_BASE = read_script("ops.stack", "base.sh")

_ENGINE = "Docker Engine"
_PACKAGES = {
    ("debian", "13"): {
        _ENGINE: ("docker.io", "docker-cli", "iptables", "ca-certificates"),
        "Compose": ("docker-compose",),
        "buildx": ("docker-buildx",),
        "rsync": ("rsync",),
    },
    ("ubuntu", "24.04"): {
        _ENGINE: ("docker.io", "iptables", "ca-certificates"),
        "Compose": ("docker-compose-v2",),
        "buildx": ("docker-buildx",),
        "rsync": ("rsync",),
    },
}


def ensure_engine(facts: System) -> Iterator[Change]:
    """Install of the distribution what is missing; leave alone what works already.

    :raises OperationError: on a host where that is not possible, or would take another engine away.
    """
    missing = list(_missing(facts))
    packages = _PACKAGES.get((facts.os, facts.version))
    if missing and packages is None:
        raise OperationError(
            f"{facts.title} is not supported: use Debian 13 or Ubuntu 24.04, or install Docker "
            "Engine with Compose 2.20 or later, buildx and rsync yourself, so that "
            "`docker compose version` works there"
        )
    # Debian's would take the place of somebody else's engine, and end every container of it.
    is_foreign = "engine" in facts.tools and "docker.io" not in facts.packages
    if is_foreign and (theirs := [part for part in missing if part != "rsync"]):
        raise OperationError(
            f"{facts.title} has an engine that is not from its distribution. Missing there, or too "
            f"old: {listed(theirs)}. Install that from where the engine came (Docker's own "
            "packages are docker-ce-cli, docker-compose-plugin and docker-buildx-plugin; Snap's "
            "engine does not work), then deploy again"
        )
    if missing and packages:
        wanted = [package for part in missing for package in packages[part]]
        why = f"Install {listed(missing)} from {facts.title}"
        yield install(why, *sorted(set(wanted) - facts.packages))
    if not (facts.enabled and facts.active):
        yield Change(
            "Start Docker Engine, now and at every boot",
            (run("systemctl", "enable", "--now", "docker"),),
        )


def _missing(facts: System) -> Iterator[str]:
    if not {"engine", "docker"} <= facts.tools:
        yield _ENGINE
    if facts.compose is None or facts.compose < COMPOSE_NEEDED:
        yield "Compose"
    yield from (tool for tool in ("buildx", "rsync") if tool not in facts.tools)


def base_inputs(base_image: str, facts: System) -> str:
    """Digest what the base is made of."""
    return digest(base_image, facts.certificates, _MAKE_BASE)


def ensure_base(name: str, origin: str, wanted: str, has: str | None) -> Iterator[Change]:
    """Make an image that others are built from."""
    if has != wanted:
        labels = (f"{INPUTS}={wanted}", f"{ORIGIN}={origin}")
        yield Change(
            f"Make the base of {'all' if name == BASE else 'lab'} images from {origin}",
            (
                Shell(
                    f"docker pull {origin} and docker buildx build, or mmdebstrap",
                    _MAKE_BASE,
                    (origin, name, CERTIFICATES, *labels),
                ),
            ),
        )
