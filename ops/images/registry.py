"""What the registry holds, asked by HTTP through the connection to the host."""

import io
import json
import tarfile
import zlib
from base64 import b64encode
from collections.abc import Callable, Mapping
from contextlib import closing
from hashlib import sha256
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import urlsplit

from ops.errors import OperationError
from ops.images.published import Published
from ops.labels import WAS
from ops.names import tag_key
from ops.plan.command import Secret
from ops.publisher import READ_PORT, USER, WRITE_PORT

REMEMBERED = 20
"""Of how many names that a relabelled image had it tells."""

_MANIFESTS = (
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)

Open = Callable[[int], HTTPConnection]


class LostError(OperationError):
    """The registry has a tag, and not all that it stands for."""


class Registry:
    """The registry of a host; `open_http` opens a connection to a port of the host's loopback."""

    def __init__(self, open_http: Open, password: Secret) -> None:
        self._open = open_http
        login = b64encode(f"{USER}:{password.value}".encode()).decode()
        self._login = {"Authorization": f"Basic {login}"}

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

    def check_login(self, where: str) -> None:
        """Refuse to go on where it does not take what this host's credential brings."""
        # No GET, which would go to those that serve anybody.
        status, _, _ = self._call("HEAD", "/v2/")
        if status != 200:
            raise OperationError(
                f"The registry on {where} refuses the credential that is there: first  inv deploy"
            )

    def tags(self, name: str) -> list[str]:
        """Return all tags of a name, the newest first."""
        status, _, body = self._call("GET", f"/v2/{name}/tags/list")
        found = json.loads(body).get("tags") if status == 200 else None
        return sorted(found or [], key=tag_key, reverse=True)

    def digests(self, name: str, tag: str) -> tuple[str, ...]:
        """Return what a tag is known by, its own first, though parts may be lost; () for none."""
        status, headers, body = self._call("GET", f"/v2/{name}/manifests/{tag}", _MANIFESTS)
        if status != 200:
            return ()
        image = whole(self, name, tag)
        ids = image.ids if image else (json.loads(body)["config"]["digest"],)
        return tuple(dict.fromkeys((headers["Docker-Content-Digest"], *ids)))

    def forget(self, name: str, digest: str) -> None:
        """Let a digest be no image any more; what it was made of stays until it is swept."""
        status, _, body = self._call("DELETE", f"/v2/{name}/manifests/{digest}")
        if status != 202:
            said = body.decode(errors="replace")[:200]
            raise OperationError(
                f"The registry refused to forget {name}@{digest} ({status}): {said}"
            )

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
        self._put(f"/v2/{name}/manifests/{tag}", to.manifest, to.media_type, f"{name}:{tag}")

    def relabel(self, image: Published, labels: Mapping[str, str]) -> Published:
        """Let a published image say something else of itself: the same layers with other labels."""
        what = f"{image.name}:{image.tag}"
        was = " ".join(image.ids[:REMEMBERED])
        said = image.config["config"] | {"Labels": {**image.labels, **labels, WAS: was}}
        config = json.dumps({**image.config, "config": said}).encode()
        digest = f"sha256:{sha256(config).hexdigest()}"
        manifest = json.loads(image.manifest)
        manifest["config"] |= {"digest": digest, "size": len(config)}
        status, headers, _ = self._call("POST", f"/v2/{image.name}/blobs/uploads/")
        if status != 202:
            raise OperationError(f"The registry refused to change {what} ({status})")
        # It names itself as the engine does; we come by a way of our own.
        to = urlsplit(headers["Location"])
        query = "&".join(filter(None, (to.query, f"digest={digest}")))
        self._put(f"{to.path}?{query}", config, "application/octet-stream", what)
        data = json.dumps(manifest).encode()
        self._put(f"/v2/{image.name}/manifests/{image.tag}", data, image.media_type, what)
        changed = self.find(image.name, image.tag)
        if changed is None:
            raise OperationError(f"{what} is not in the registry; push it again")
        return changed

    def _put(self, path: str, data: bytes, media_type: str, what: str) -> None:
        status, _, body = self._call("PUT", path, (), data, {"Content-Type": media_type})
        if status != 201:
            said = body.decode(errors="replace")[:200]
            raise OperationError(f"The registry refused to change {what} ({status}): {said}")

    def _call(
        self,
        method: str,
        path: str,
        accept: tuple[str, ...] = (),
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[int, Any, bytes]:
        asked = {**(headers or {}), **({"Accept": ", ".join(accept)} if accept else {})}
        writes = method != "GET"
        try:
            with closing(self._open(WRITE_PORT if writes else READ_PORT)) as connection:
                connection.request(method, path, body, asked | (self._login if writes else {}))
                answer = connection.getresponse()
                return answer.status, answer.headers, answer.read()
        except (HTTPException, OSError, EOFError) as error:
            raise OperationError(
                f"The registry does not answer ({error or type(error).__name__}): inv deploy "
                "starts it"
            ) from error


def whole(registry: Registry, name: str, tag: str) -> Published | None:
    """Return what is published under a tag; what is there in part is as good as not there."""
    try:
        return registry.find(name, tag)
    except LostError:
        return None


def _lost(name: str, tag: str) -> LostError:
    what = "the tag that it stands for" if tag == "latest" else "it"
    return LostError(
        f"The registry has lost a part of {name}:{tag}; push {what} again with --force"
    )
