"""How images leave the registry, and the proof that all others can still be pulled."""

from collections.abc import Collection, Iterator

from ops.errors import OperationError
from ops.images.registry import MANIFESTS
from ops.images.storage import Storage, Version
from ops.remote.command import Shell
from ops.remote.framing import Answers
from ops.remote.script import Question

# What stands in the container is of the release that runs, which may be older than this checkout.
_COLLECT = """\
if ! docker exec labhub-registry test -x /usr/local/bin/collect; then
  echo "labhub-registry does not run, or is of an older release: first  inv deploy"; exit 1
fi
docker exec labhub-registry collect "$@"
"""

# All in one connection. They are sent in the background: who only sends, and does not listen, ends
# up waiting for a registry that waits for him.
_PROOF = """\
types=$1; shift
exec 3<>/dev/tcp/127.0.0.1/5000 || exit
head='HEAD /v2/%s HTTP/1.1\\r\\nHost: localhost\\r\\nAccept: %s\\r\\n%s\\r\\n'
ask() { printf "$head" "$1" "$types" "$2"; }
{ for path; do ask "$path" ''; done; ask '' $'Connection: close\\r\\n'; } >&3 &
grep -a '^HTTP/1.1 ' <&3 | cut -c 10-12 | paste -d ' ' - <(printf '%s\\n' "$@" '')
"""

REGISTRY = "registry"
"""The lock that pushes share, and that a collection has for itself."""

Tag = tuple[str, str]
"""An image's name and a tag of it."""


def collect(storage: Storage, tags: Collection[Tag], gone: Collection[Version]) -> Shell:
    """Take tags and images out of the registry, and every blob that is needed no more."""
    paths = [f"{image}/_manifests/tags/{tag}" for image, tag in tags]
    paths += _paths(storage, tags, gone)
    return Shell(" ".join(("docker exec labhub-registry collect", *paths)), _COLLECT, tuple(paths))


def _paths(storage: Storage, tags: Collection[Tag], gone: Collection[Version]) -> Iterator[str]:
    for image in sorted({it.image for it in gone}):
        kept = [it.digest for it in storage.versions if it.image == image and it not in gone]
        needed = storage.needed_by(it.digest for it in gone if it.image == image)
        dead = (needed - storage.needed_by(kept)) & storage.revisions[image]
        stay = [tag for tag in storage.tags.get(image, ()) if (image, tag) not in tags]
        if not stay and storage.revisions[image] <= dead:
            # Not the folder itself: gpaw/cuda would be a folder in it.
            yield from (f"{image}/{part}" for part in ("_manifests", "_layers", "_uploads"))
        else:
            for digest in sorted(dead):
                yield f"{image}/_manifests/revisions/{digest.replace(':', '/')}"


def parts_of(storage: Storage) -> tuple[str, ...]:
    """Return what makes up all tags, as paths of the registry."""
    paths: dict[str, None] = {}
    for image, tags in sorted(storage.tags.items()):
        for tag, digest in sorted(tags.items()):
            paths[f"{image}/manifests/{tag}"] = None
            paths |= dict.fromkeys(_parts(storage, image, digest))
    return tuple(paths)


def _parts(storage: Storage, image: str, digest: str) -> Iterator[str]:
    for blob in sorted(storage.needed_by([digest]) - {digest}):
        is_manifest = blob in storage.revisions[image]
        yield f"{image}/{'manifests' if is_manifest else 'blobs'}/{blob}"


def proof(storage: Storage) -> Question:
    """Ask the registry itself for every part of every tag, without fetching any."""
    return Question("proof", _PROOF, (", ".join(MANIFESTS), *parts_of(storage)))


def check_proof(answers: Answers) -> int:
    """Read the answer to `proof`; return how many parts are there.

    :raises OperationError: with the parts that are not.
    """
    *lines, last = answers["proof"].splitlines() or [""]
    if last.strip() != "200":
        raise OperationError("The registry does not answer: inv deploy starts it")
    if lost := [part for status, part in map(str.split, lines) if status != "200"]:
        listed = "".join(f"\n  {part}" for part in lost)
        raise OperationError(
            "What remains in the registry is not complete. Push it once more, with --force; the "
            f"registry has lost:{listed}"
        )
    return len(lines)
