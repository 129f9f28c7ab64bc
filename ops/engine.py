"""Operation: Docker Engine with Compose and buildx, and the base of every image."""

from collections.abc import Iterator

from ops.command import Change, Shell, run
from ops.errors import OperationError
from ops.facts import CERTIFICATES, DEBIAN_PACKAGES, UBUNTU_PACKAGES, System
from ops.hashing import digest
from ops.packages import install

COMPOSE_NEEDED = (2, 20)
BASE = "labhub-base"

_PACKAGES = {
    ("debian", "13"): (*DEBIAN_PACKAGES, "iptables", "ca-certificates"),
    ("ubuntu", "24.04"): (*UBUNTU_PACKAGES, "iptables", "ca-certificates"),
}

# A closed network pulls nothing: the same root file system then comes from Debian's packages, whole
# or not at all, and under no name but ours; what has Debian's name already may be half of Debian.
# The host's own certificate authorities go into the base, so that builds behind a TLS proxy work.
_MAKE_BASE = """\
base=$1 name=$2 inputs=$3 certificates=$4
is_whole() {
  docker run --rm --pull never --network none --entrypoint /bin/sh "$base" \\
    -c 'dpkg --status base-files' >/dev/null 2>&1
}
mkdir -p "$certificates"
if is_whole || { docker pull --quiet "$base" && is_whole; }; then
  docker buildx build --load --tag "$name" --label "labhub.inputs=$inputs" --file - \\
    "$certificates" <<END
FROM $base
COPY . $certificates/
RUN update-ca-certificates 2>/dev/null || true
END
  exit
fi
[ "$base" = debian:trixie-slim ] || {
  echo "$base can neither be pulled nor made here, or it has no /bin/sh and dpkg, as Debian has"
  exit 1; }
command -v mmdebstrap >/dev/null || {
  apt-get -qq -o DPkg::Lock::Timeout=300 update
  apt-get -qq -o DPkg::Lock::Timeout=300 install --no-install-recommends -y \\
    mmdebstrap debian-archive-keyring; }
# Others may look: apt fetches as a user of its own.
work=$(mktemp -d -t labhub-base.XXXXXX)
trap 'rm -rf --one-file-system "$work"' EXIT
chmod 0755 "$work"
# In mounts of its own: it makes all mounts private, and then no container may bind as rslave.
TMPDIR=$work unshare --mount mmdebstrap --quiet --mode=root --variant=minbase \\
  --include=ca-certificates \\
  --customize-hook="cp -R '$certificates/.' \\"\\$1$certificates/\\"" \\
  --customize-hook='chroot "$1" update-ca-certificates 2>/dev/null || true' \\
  trixie "$work/root.tar" || {
  echo "$base can neither be pulled nor made of Debian's packages: see above; nothing was made"
  exit 1; }
docker import --change "LABEL labhub.inputs=$inputs" "$work/root.tar" "$name"
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
                    f"docker pull {base_image} and docker buildx build, or mmdebstrap",
                    _MAKE_BASE,
                    (base_image, BASE, wanted, CERTIFICATES),
                ),
            ),
        )
