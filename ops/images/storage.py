"""What lies in the registry's volume: the question, and a pure model of tags, images and blobs.

The files are read, not the registry asked: all of them in one session, also those of images that no
tag names any more, which the registry does not list.
"""

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ops.errors import OperationError
from ops.remote.framing import Answers
from ops.remote.script import Question

FIND_VOLUME = """\
volume=/var/lib/docker/volumes/labhub-registry-data/_data
[ -d "$volume" ] || volume=$(docker volume inspect -f '{{.Mountpoint}}' labhub-registry-data)
storage=$volume/docker/registry/v2
"""
"""Shell that says where the registry's files are on the host; asking the engine takes its time."""

STORAGE = Question(
    "storage",
    FIND_VOLUME
    + """\
[ -d "$volume" ] && echo volume
cd "$storage" || exit
find repositories -type f \\( -path '*/_manifests/tags/*/current/link' \\
  -o -path '*/_manifests/revisions/*/link' \\) -exec grep -H '' {} +
find blobs -type f -name data -printf '%p %s\\n'
# Manifests and configurations, one a line: with -z a file is one line.
find blobs -type f -name data -size -1024k -exec grep -Hz '^{' {} + | tr '\\n\\r\\0' '  \\n'
""",
)

_PART = r"[a-z0-9]+(?:[._-]+[a-z0-9]+)*"
_NAME = rf"{_PART}(?:/{_PART})*"
_DIGEST = "sha256:[0-9a-f]{64}"
_TAG = re.compile(
    rf"repositories/({_NAME})/_manifests/tags/([\w.-]+)/current/link:({_DIGEST})", re.ASCII
)
_REVISION = re.compile(
    rf"repositories/({_NAME})/_manifests/revisions/sha256/[0-9a-f]{{64}}/link:({_DIGEST})",
    re.ASCII,
)
_BLOB = re.compile(r"blobs/sha256/[0-9a-f]{2}/([0-9a-f]{64})/data(?: (\d+)|:(\{.*))", re.ASCII)


@dataclass(frozen=True)
class Version:
    """An image with the tags that name it; without any where it was replaced."""

    image: str
    tags: tuple[str, ...]
    digest: str
    config: str
    labels: Mapping[str, str]

    @property
    def ids(self) -> tuple[str, str]:
        """Return what an engine may call it, depending on where the engine keeps its images."""
        return self.config, self.digest


@dataclass(frozen=True)
class Storage:
    """Tags and images (by name), sizes of blobs and contents of documents (by digest)."""

    tags: Mapping[str, Mapping[str, str]]
    revisions: Mapping[str, frozenset[str]]
    blobs: Mapping[str, int]
    documents: Mapping[str, Mapping[str, Any]]

    @cached_property
    def versions(self) -> tuple[Version, ...]:
        """Return every image that has a tag or had one, each name's together."""
        return tuple(self._versions())

    def _versions(self) -> Iterator[Version]:
        for image, digests in sorted(self.revisions.items()):
            tags = self.tags.get(image, {})
            parts = {part for digest in digests for part in self._parts(digest)}
            for digest in sorted(digests | set(tags.values())):
                named = tuple(tag for tag, goal in tags.items() if goal == digest)
                # A manifest of several others names those; they are no images by themselves.
                if named or digest not in parts:
                    yield Version(image, named, digest, *self._config(digest))

    def needed_by(self, digests: Iterable[str]) -> frozenset[str]:
        """Return the blobs of images: manifests, configurations and layers."""
        needed: set[str] = set()
        left = list(digests)
        while left:
            if (digest := left.pop()) not in needed:
                needed |= {digest, *self.layers(digest)}
                left += self._parts(digest)
        return frozenset(needed)

    def layers(self, digest: str) -> tuple[str, ...]:
        """Return the configuration and the layers that a manifest names."""
        document = self.documents.get(digest, {})
        named = [*document.get("layers", ()), *filter(None, [document.get("config")])]
        return tuple(str(it["digest"]) for it in named)

    def size(self, blobs: Iterable[str]) -> int:
        """Return the bytes that blobs take together; a lost one takes none."""
        return sum(self.blobs.get(blob, 0) for blob in blobs)

    def alone(self, gone: Collection[Version]) -> frozenset[str]:
        """Return the blobs that these images need and no other does."""
        kept = (it.digest for it in self.versions if it not in gone)
        return self.needed_by(it.digest for it in gone) - self.needed_by(kept)

    @property
    def garbage(self) -> frozenset[str]:
        """Return the blobs that no image needs."""
        known = (digest for digests in self.revisions.values() for digest in digests)
        return frozenset(self.blobs) - self.needed_by(known)

    def _parts(self, digest: str) -> list[str]:
        manifests = self.documents.get(digest, {}).get("manifests", ())
        return [str(it["digest"]) for it in manifests]

    def _config(self, digest: str) -> tuple[str, Mapping[str, str]]:
        manifest = self.documents.get(digest, {})
        config = str((manifest.get("config") or {}).get("digest", ""))
        content = self.documents.get(config, {}).get("config") or {}
        return config, content.get("Labels") or {}


def parse_storage(answers: Answers) -> Storage:
    """Read the answer to `STORAGE`.

    :raises OperationError: on a host that has no registry.
    """
    first, *lines = answers["storage"].splitlines() or [""]
    if first != "volume":
        raise OperationError("There is no registry on the host yet: first  inv deploy")
    tags: dict[str, dict[str, str]] = {}
    revisions: dict[str, set[str]] = {}
    blobs: dict[str, int] = {}
    documents: dict[str, Mapping[str, Any]] = {}
    for line in lines:
        if found := _TAG.fullmatch(line):
            tags.setdefault(found[1], {})[found[2]] = found[3]
        elif found := _REVISION.fullmatch(line):
            revisions.setdefault(found[1], set()).add(found[2])
        elif found := _BLOB.fullmatch(line.rstrip()):
            digest = f"sha256:{found[1]}"
            if found[2]:
                blobs[digest] = int(found[2])
            elif document := _document(found[3]):
                documents[digest] = document
    # A tag whose image is lost is a tag all the same.
    names = {image: frozenset(revisions.get(image, ())) for image in {*tags, *revisions}}
    return Storage(tags, names, blobs, documents)


def _document(text: str) -> Mapping[str, Any] | None:
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
