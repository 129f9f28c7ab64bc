"""What the registry holds, asked by HTTP through the connection to the host."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from typing import Any

from ops.errors import OperationError

PORT = 5000

MANIFESTS = (
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
        status, headers, body = self._get(f"/v2/{name}/manifests/{tag}", MANIFESTS)
        if status == 404:
            return None
        if status != 200:
            raise OperationError(f"The registry answered {status} when asked for {name}:{tag}")
        config = json.loads(body)["config"]["digest"]
        status, _, blob = self._get(f"/v2/{name}/blobs/{config}")
        if status != 200:
            raise OperationError(f"The registry has lost a part of {name}:{tag}; push it again")
        labels = json.loads(blob)["config"].get("Labels") or {}
        return Published(headers["Docker-Content-Digest"], headers["Content-Type"], body, labels)

    def _get(self, path: str, accept: tuple[str, ...] = ()) -> tuple[int, Any, bytes]:
        connection = self._open(PORT)
        try:
            asked = {"Accept": ", ".join(accept)} if accept else {}
            connection.request("GET", path, headers=asked)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        except (HTTPException, OSError) as error:
            raise OperationError(
                f"The registry does not answer ({error or type(error).__name__}): inv deploy "
                "starts it"
            ) from error
        finally:
            connection.close()
