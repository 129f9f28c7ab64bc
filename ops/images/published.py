"""An image as the registry has it under a tag, and what it says of itself."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ops.labels import WAS


@dataclass(frozen=True)
class Published:
    """An image under a tag in the registry."""

    name: str
    tag: str
    digest: str
    media_type: str
    manifest: bytes
    config: Mapping[str, Any]

    @property
    def labels(self) -> Mapping[str, str]:
        """Return what the image says of itself."""
        return self.config["config"].get("Labels") or {}

    def layer_of(self, step: str) -> str | None:
        """Return the digest of the last layer that such a step of its recipe has made."""
        made = (
            it for it in reversed(self.config.get("history") or []) if not it.get("empty_layer")
        )
        layers = (layer["digest"] for layer in reversed(json.loads(self.manifest)["layers"]))
        pairs = zip(made, layers, strict=False)
        return next((it for how, it in pairs if step in how.get("created_by", "")), None)

    @property
    def ids(self) -> tuple[str, ...]:
        """Return what an engine may know it by: the digest of its configuration, or its own.

        Those from before it was relabelled are among them.
        """
        own = (json.loads(self.manifest)["config"]["digest"], self.digest)
        return (*own, *self.labels.get(WAS, "").split())

    @property
    def size(self) -> int:
        """Return the bytes that its layers take, compressed."""
        return sum(layer["size"] for layer in json.loads(self.manifest)["layers"])
