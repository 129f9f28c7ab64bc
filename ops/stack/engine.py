"""Operation: Docker Engine with Compose and buildx, and the base of every image."""

from collections.abc import Iterator

from ops.errors import OperationError
from ops.hashing import digest
from ops.labels import BASE
from ops.plan.command import Change, Shell, run
from ops.plan.files import read_script
from ops.plan.packages import install
from ops.stack.facts import CERTIFICATES, DEBIAN_PACKAGES, UBUNTU_PACKAGES, System

COMPOSE_NEEDED = (2, 20)

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
    return digest(base_image, facts.certificates)


def ensure_base(base_image: str, wanted: str, has: str | None) -> Iterator[Change]:
    """Make the image that every other one is built from."""
    if has != wanted:
        yield Change(
            f"Make the base of all images from {base_image}",
            (
                Shell(
                    f"docker pull {base_image} and docker buildx build, or mmdebstrap",
                    read_script("ops.stack", "base.sh"),
                    (base_image, BASE, wanted, CERTIFICATES),
                ),
            ),
        )
