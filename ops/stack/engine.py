"""Operation: Docker Engine with Compose and buildx, and the base of every image."""

from collections.abc import Iterator

from ops.errors import OperationError
from ops.hashing import digest
from ops.labels import BASE, INPUTS, ORIGIN
from ops.plan.command import Change, Shell, run
from ops.plan.files import read_script
from ops.plan.packages import install
from ops.stack.facts import CERTIFICATES, DEBIAN_PACKAGES, UBUNTU_PACKAGES, System

COMPOSE_NEEDED = (2, 20)
_MAKE_BASE = read_script("ops.stack", "base.sh")

_PACKAGES = {
    ("debian", "13"): (*DEBIAN_PACKAGES, "iptables", "ca-certificates"),
    ("ubuntu", "24.04"): (*UBUNTU_PACKAGES, "iptables", "ca-certificates"),
}


def ensure_engine(facts: System) -> Iterator[Change]:
    """Install the engine from the distribution; leave alone one that works already.

    :raises OperationError: on a host where neither is possible.
    """
    packages = _PACKAGES.get((facts.os, facts.version))
    works = facts.compose is not None and facts.compose >= COMPOSE_NEEDED
    if packages is None and not works:
        raise OperationError(
            f"{facts.title} is not supported: use Debian 13 or Ubuntu 24.04, or install Docker "
            "Engine with Compose 2.20 or later and buildx yourself, so that "
            "`docker compose version` works there"
        )
    missing = [] if works else sorted(set(packages or ()) - facts.packages)
    if missing:
        yield install(f"Install Docker Engine, Compose and buildx from {facts.title}", *missing)
    if not (facts.enabled and facts.active):
        yield Change(
            "Start Docker Engine, now and at every boot",
            (run("systemctl", "enable", "--now", "docker"),),
        )


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
