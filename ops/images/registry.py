"""What the registry holds, asked by HTTP through the connection to the host."""

import json
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

    digest: str
    media_type: str
    manifest: bytes
    labels: Mapping[str, str]

    @property
    def size(self) -> int:
        """Return the bytes that its layers take, compressed."""
        return sum(layer["size"] for layer in json.loads(self.manifest)["layers"])


class Registry:
    """The registry of a host; `open_http` opens a connection to a port of the host's loopback."""

    def __init__(self, open_http: Open) -> None:
        self._open = open_http

    def find(self, name: str, tag: str) -> Published | None:
        """Return what is published as ``name:tag``; None where nothing is."""
        status, headers, body = self._call("GET", f"/v2/{name}/manifests/{tag}", _MANIFESTS)
        if status == 404:
            return None
        if status != 200:
            raise OperationError(f"The registry answered {status} when asked for {name}:{tag}")
        config = json.loads(body)["config"]["digest"]
        status, _, blob = self._call("GET", f"/v2/{name}/blobs/{config}")
        if status != 200:
            raise OperationError(f"The registry has lost a part of {name}:{tag}; push it again")
        labels = json.loads(blob)["config"].get("Labels") or {}
        return Published(headers["Docker-Content-Digest"], headers["Content-Type"], body, labels)

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
