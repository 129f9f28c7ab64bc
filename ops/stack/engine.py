"""Operation: Docker Engine with Compose and buildx, and the base of every image."""

from collections.abc import Iterator

from ops.errors import OperationError
from ops.hashing import digest
from ops.packages import install
from ops.remote.command import Change, Shell, run
from ops.stack.facts import CERTIFICATES, DEBIAN_PACKAGES, UBUNTU_PACKAGES, System

COMPOSE_NEEDED = (2, 20)
BASE = "labhub-base"

_PACKAGES = {
    ("debian", "13"): (*DEBIAN_PACKAGES, "iptables", "ca-certificates"),
    ("ubuntu", "24.04"): (*UBUNTU_PACKAGES, "iptables", "ca-certificates"),
}

# A closed network pulls nothing: the same root file system then comes from Debian's packages.
# The host's own certificate authorities go into the base, so that builds behind a TLS proxy work.
_MAKE_BASE = """\
base=$1 name=$2 inputs=$3 certificates=$4
if ! docker image inspect "$base" >/dev/null 2>&1 && ! docker pull --quiet "$base"; then
  [ "$base" = debian:trixie-slim ] || { echo "$base can neither be pulled nor made here"; exit 1; }
  command -v mmdebstrap >/dev/null || {
    apt-get -qq -o DPkg::Lock::Timeout=300 update
    apt-get -qq -o DPkg::Lock::Timeout=300 install --no-install-recommends -y \\
      mmdebstrap debian-archive-keyring; }
  # In mounts of its own: it makes all mounts private, and then no container may bind as rslave.
  unshare --mount mmdebstrap --quiet --variant=minbase --include=ca-certificates trixie - |
    docker import - "$base"
fi
mkdir -p "$certificates"
docker buildx build --load --tag "$name" --label "labhub.inputs=$inputs" --file - "$certificates" \\
  <<END
FROM $base
COPY . $certificates/
RUN update-ca-certificates 2>/dev/null || true
END
"""


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
                    f"docker pull {base_image}, or mmdebstrap; then docker buildx build",
                    _MAKE_BASE,
                    (base_image, BASE, wanted, CERTIFICATES),
                ),
            ),
        )
