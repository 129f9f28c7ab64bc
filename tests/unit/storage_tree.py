"""The files of a registry, as the registry itself lays them out."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"


class Tree:
    """A registry's folder `docker/registry/v2`, filled by hand."""

    def __init__(self, volume: Path) -> None:
        self.root = volume / "docker/registry/v2"

    def push(self, image: str, *tags: str, layers: tuple[bytes, ...], **labels: str) -> str:
        """Write an image, name it by tags, and return its digest."""
        named = {f"labhub.{name}": value for name, value in labels.items()}
        config = self.blob(json.dumps({"config": {"Labels": named}}).encode())
        parts = [{"digest": self.blob(layer), "size": len(layer)} for layer in layers]
        manifest = {"mediaType": MANIFEST, "config": {"digest": config}, "layers": parts}
        return self.manifest(image, manifest, *tags)

    def manifest(self, image: str, content: Mapping[str, object], *tags: str) -> str:
        """Write a manifest, as indented as clients send it."""
        digest = self.blob(json.dumps(content, indent=3).encode())
        place = self.root / "repositories" / image / "_manifests"
        _write(place / "revisions" / digest.replace(":", "/") / "link", digest)
        for tag in tags:
            _write(place / "tags" / tag / "current/link", digest)
            _write(place / "tags" / tag / "index" / digest.replace(":", "/") / "link", digest)
        return digest

    def blob(self, content: bytes) -> str:
        """Write a blob and return its digest."""
        number = hashlib.sha256(content).hexdigest()
        path = self.path(f"sha256:{number}")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return f"sha256:{number}"

    def path(self, digest: str) -> Path:
        """Return where a blob is."""
        number = digest.removeprefix("sha256:")
        return self.root / "blobs/sha256" / number[:2] / number / "data"


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
