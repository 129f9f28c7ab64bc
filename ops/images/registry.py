"""What the registry holds, asked by HTTP through the connection to the host."""

import io
import json
import tarfile
import zlib
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from typing import Any

from ops.errors import OperationError

PORT = 5000

_MANIFESTS = (
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)

Open = Callable[[int], HTTPConnection]


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
    def size(self) -> int:
        """Return the bytes that its layers take, compressed."""
        return sum(layer["size"] for layer in json.loads(self.manifest)["layers"])


class LostError(OperationError):
    """The registry has a tag, and not all that it stands for."""


class Registry:
    """The registry of a host; `open_http` opens a connection to a port of the host's loopback."""

    def __init__(self, open_http: Open) -> None:
        self._open = open_http

    def find(self, name: str, tag: str) -> Published | None:
        """Return what is published as ``name:tag``; None where nothing is.

        :raises LostError: where the registry names a part that it does not have.
        """
        status, headers, body = self._call("GET", f"/v2/{name}/manifests/{tag}", _MANIFESTS)
        if status == 404:
            return None
        if status != 200:
            raise OperationError(f"The registry answered {status} when asked for {name}:{tag}")
        try:
            config = json.loads(self._blob(name, tag, json.loads(body)["config"]["digest"]))
        except ValueError as error:
            raise _lost(name, tag) from error
        made_of = (headers["Docker-Content-Digest"], headers["Content-Type"], body, config)
        return Published(name, tag, *made_of)

    def files(self, image: Published, step: str) -> Mapping[str, str]:
        """Return the text files of the layer that a step of an image's recipe has made, by path."""
        layer = image.layer_of(step)
        if layer is None:
            return {}
        blob = io.BytesIO(self._blob(image.name, image.tag, layer))
        try:
            with tarfile.open(fileobj=blob) as archive:
                packed = {it.name: archive.extractfile(it) for it in archive if it.isfile()}
                return {path: file.read().decode() for path, file in packed.items() if file}
        except (tarfile.TarError, OSError, EOFError, zlib.error, ValueError) as error:
            raise _lost(image.name, image.tag) from error

    def _blob(self, name: str, tag: str, digest: str) -> bytes:
        status, _, blob = self._call("GET", f"/v2/{name}/blobs/{digest}")
        if status != 200:
            raise _lost(name, tag)
        return blob

    def move(self, name: str, tag: str, to: Published) -> None:
        """Make ``name:tag`` mean an image that is published already."""
        headers = {"Content-Type": to.media_type}
        status, _, body = self._call("PUT", f"/v2/{name}/manifests/{tag}", (), to.manifest, headers)
        if status != 201:
            said = body.decode(errors="replace")[:200]
            raise OperationError(f"The registry refused to move {name}:{tag} ({status}): {said}")

    def _call(
        self,
        method: str,
        path: str,
        accept: tuple[str, ...] = (),
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[int, Any, bytes]:
        asked = {**(headers or {}), **({"Accept": ", ".join(accept)} if accept else {})}
        try:
            with closing(self._open(PORT)) as connection:
                connection.request(method, path, body, asked)
                answer = connection.getresponse()
                return answer.status, answer.headers, answer.read()
        except (HTTPException, OSError, EOFError) as error:
            raise OperationError(
                f"The registry does not answer ({error or type(error).__name__}): inv deploy "
                "starts it"
            ) from error


def _lost(name: str, tag: str) -> LostError:
    what = "the tag that it stands for" if tag == "latest" else "it"
    return LostError(
        f"The registry has lost a part of {name}:{tag}; push {what} again with --force"
    )
