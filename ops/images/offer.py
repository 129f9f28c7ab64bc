"""How an image comes to be offered: on the host first, then by a tag, so that no spawn pulls."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ops.errors import FactError
from ops.images.registry import Published
from ops.images.storage import FIND_VOLUME
from ops.remote.command import Change, Shell
from ops.remote.framing import Answers
from ops.remote.script import Question
from ops.stack.facts import STACK_FOLDER

ADDRESS = "localhost:5000"
"""The registry as the host's own engine knows it; the loopback needs no TLS."""
LATEST = "latest"

_BRING = """\
docker tag "$1@$3" "$1:$2" 2>/dev/null && exit
docker pull --quiet "$1@$3" && docker tag "$1@$3" "$1:$2"
"""

_MOVE = (
    FIND_VOLUME
    + """\
manifest=$storage/blobs/sha256/${3:7:2}/${3#sha256:}/data
exec 3<>/dev/tcp/127.0.0.1/5000
printf 'PUT /v2/%s/manifests/%s HTTP/1.1\\r\\nHost: localhost\\r\\nContent-Type: %s\\r\\n' \\
  "$1" "$2" "$4" >&3
printf 'Content-Length: %s\\r\\nConnection: close\\r\\n\\r\\n' "$(stat -c %s "$manifest")" >&3
cat "$manifest" >&3
answer=$(cat <&3)
case $answer in HTTP/1.1\\ 201*) ;; *) printf '%s\\n' "$answer" | tail -n 1; exit 1;; esac
"""
)


def reference(image: str, tag: str) -> str:
    """Return an image as the host's engine calls it."""
    return f"{ADDRESS}/{image}:{tag}"


@dataclass(frozen=True)
class Offered:
    """What is so already: the registry runs, its hub's JupyterHub, what the host's engine has."""

    is_running: bool
    jupyterhub: str
    digests: Mapping[str, frozenset[str]]

    def has(self, image: str, tag: str, digest: str) -> bool:
        """Say whether the host's engine knows an image of the registry by a tag."""
        name = f"{ADDRESS}/{image}"
        return f"{name}@{digest}" in self.digests.get(f"{name}:{tag}", ())


def questions(image: str, tag: str) -> tuple[Question, ...]:
    """Return what is to be known before a version is offered."""
    names = (reference(image, tag), reference(image, LATEST))
    release = f"{STACK_FOLDER}/current/hub/requirements.in"
    return (
        Question("offered", 'docker inspect labhub-registry "$@"', names),
        Question("jupyterhub", f"sed -n 's/^jupyterhub==//p' {release}"),
    )


def parse_offered(answers: Answers) -> Offered:
    """Read the answers to `questions`."""
    try:
        found = json.loads(answers["offered"] or "[]")
    except ValueError as error:
        raise FactError("docker inspect on the host printed no JSON") from error
    digests = {
        tag: frozenset(item["RepoDigests"] or ())
        for item in found
        for tag in item.get("RepoTags") or ()
    }
    running = [item["State"]["Running"] for item in found if "State" in item]
    return Offered(any(running), answers["jupyterhub"], digests)


def ensure_offered(
    image: str, tag: str, published: Published, latest: Published | None, has: Offered | None
) -> Iterator[Change]:
    """Have a published version on the host, and make it what `latest` means.

    `latest` is what that means now: the version itself where it is to be left alone. Without `has`
    it was made on this host.
    """
    if has and not has.has(image, tag, published.digest):
        why = f"Bring {image}:{tag} to the host, where labs start from it"
        yield Change(why, (bring(image, tag, published.digest),))
    if latest is None or latest.digest != published.digest:
        yield move_latest(image, tag, published.digest, published.media_type)


def bring(image: str, tag: str, digest: str) -> Shell:
    """Have the host's engine know an image of the registry by a tag; no layer is fetched twice."""
    name = f"{ADDRESS}/{image}"
    return Shell(f"docker pull {name}@{digest}, as {tag}", _BRING, (name, tag, digest))


def move_latest(image: str, to: str, digest: str, media_type: str) -> Change:
    """Make `latest` mean a version that is published."""
    what = f"PUT /v2/{image}/manifests/{LATEST}, which is {digest}"
    put = Shell(what, _MOVE, (image, LATEST, digest, media_type))
    return Change(f"Move {image}:{LATEST} to {to}", (bring(image, LATEST, digest), put))
