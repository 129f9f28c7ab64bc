"""A registry for tests without an engine: Debian's own where it is installed, else a small one."""

import hashlib
import json
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import requests

MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
_CONFIG = """\
version: 0.1
log: {{ level: error, accesslog: {{ disabled: true }} }}
storage:
  filesystem: {{ rootdirectory: {folder} }}
  cache: {{ blobdescriptor: inmemory }}
http: {{ addr: "127.0.0.1:{port}" }}
"""


@contextmanager
def running_registry(folder: Path) -> Iterator[str]:
    """Run a registry, and yield its address."""
    program = shutil.which("docker-registry")
    with _debian(program, folder) if program else _small() as url:
        yield url


def publish(
    url: str, name: str, tag: str, labels: Mapping[str, str], content: bytes = b"", size: int = 0
) -> str:
    """Put an image with one layer under a tag, as a push does; return its digest.

    Its manifest may claim another `size`: nobody here ever fetches the layer.
    """
    config = json.dumps({"architecture": "amd64", "os": "linux", "config": {"Labels": labels}})
    layer = content or b"layer"
    blobs = [config.encode(), layer]
    for blob in blobs:
        _upload(f"{url}/v2/{name}", blob)
    described = [{"size": len(blob), "digest": _digest(blob)} for blob in blobs]
    described[1]["size"] = size or len(layer)
    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": {
            "mediaType": "application/vnd.docker.container.image.v1+json",
            **described[0],
        },
        "layers": [
            {"mediaType": "application/vnd.docker.image.rootfs.diff.tar.gzip", **described[1]}
        ],
    }
    answer = requests.put(
        f"{url}/v2/{name}/manifests/{tag}",
        data=json.dumps(manifest),
        headers={"Content-Type": MANIFEST},
        timeout=10,
    )
    answer.raise_for_status()
    return answer.headers["Docker-Content-Digest"]


def _upload(url: str, blob: bytes) -> None:
    begun = requests.post(f"{url}/blobs/uploads/", timeout=10)
    begun.raise_for_status()
    place = begun.headers["Location"]
    place = place if place.startswith("http") else f"{url.partition('/v2/')[0]}{place}"
    join = "&" if "?" in place else "?"
    requests.put(f"{place}{join}digest={_digest(blob)}", data=blob, timeout=10).raise_for_status()


def _digest(blob: bytes) -> str:
    return f"sha256:{hashlib.sha256(blob).hexdigest()}"


@contextmanager
def _debian(program: str, folder: Path) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    config = folder / "registry.yml"
    config.write_text(_CONFIG.format(folder=folder / "registry", port=port))
    url = f"http://127.0.0.1:{port}"
    with subprocess.Popen([program, "serve", str(config)]) as running:
        try:
            _wait(url)
            yield url
        finally:
            running.terminate()


def _wait(url: str) -> None:
    end = time.monotonic() + 10
    while True:
        try:
            requests.get(f"{url}/v2/", timeout=1).raise_for_status()
            return
        except requests.RequestException:
            assert time.monotonic() < end, "the registry does not answer"
            time.sleep(0.05)


class _Server(ThreadingHTTPServer):
    # Of more than this at once the kernel lets the next one wait for a second.
    request_queue_size = 64


@contextmanager
def _small() -> Iterator[str]:
    with _Server(("127.0.0.1", 0), _Small) as server:
        server.store = {}  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()


class _Small(BaseHTTPRequestHandler):
    """The protocol, as far as pushing an image and reading it again needs it."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    @property
    def store(self) -> dict[str, bytes]:
        store: dict[str, bytes] = self.server.store  # type: ignore[attr-defined]
        return store

    def do_POST(self) -> None:
        """Begin an upload."""
        self._answer(202, place=f"{self.path}1")

    def do_PUT(self) -> None:
        """End an upload, or put a manifest under its tag."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        parts = urlsplit(self.path)
        folder = parts.path.partition("/uploads/")[0]
        digest = _digest(body)
        if "/manifests/" in parts.path:
            self.store[parts.path] = body
            folder = parts.path.rpartition("/")[0]
        else:
            digest = parse_qs(parts.query)["digest"][0]
        self.store[f"{folder}/{digest}"] = body
        self._answer(201, digest=digest)

    def do_GET(self) -> None:
        """Answer with a list, a manifest or a blob."""
        path = urlsplit(self.path).path
        manifests = [key for key in self.store if "/manifests/" in key and "sha256:" not in key]
        named = [key.removeprefix("/v2/").split("/manifests/") for key in manifests]
        found = self.store.get(path)
        if path == "/v2/_catalog":
            found = json.dumps({"repositories": sorted({name for name, _ in named})}).encode()
        elif path.endswith("/tags/list"):
            name = path.removeprefix("/v2/").removesuffix("/tags/list")
            tags = [tag for of, tag in named if of == name]
            found = json.dumps({"name": name, "tags": tags}).encode()
        elif path == "/v2/":
            found = b"{}"
        if found is None:
            self._answer(404)
        else:
            self._answer(200, found, _digest(found))

    do_HEAD = do_GET  # noqa: N815

    def _answer(self, status: int, body: bytes = b"", digest: str = "", place: str = "") -> None:
        headers = {
            "Docker-Content-Digest": digest,
            "Location": place,
            "Content-Length": str(len(body)),
        }
        self.send_response(status)
        for key, value in headers.items():
            if value:
                self.send_header(key, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
