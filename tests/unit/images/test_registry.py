"""Whatever ends a connection to the registry is one sentence."""

import json
from hashlib import sha256
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import ClassVar

import pytest

from ops.errors import OperationError
from ops.images.published import Published
from ops.images.registry import Registry
from ops.plan.command import Secret


@pytest.mark.parametrize("lost", [EOFError(), ConnectionResetError("reset by peer")])
def test_a_host_that_is_lost_while_the_registry_is_asked_is_a_sentence(lost: Exception) -> None:
    def open_http(_: int) -> HTTPConnection:
        raise lost

    with pytest.raises(OperationError, match="The registry does not answer"):
        Registry(open_http, Secret("x")).find("agfalta_tools", "1.2")


def step(created_by: str, *, empty: bool = False) -> dict[str, object]:
    return {"created_by": created_by, "empty_layer": empty}


@pytest.mark.parametrize(
    ("history", "layer"),
    [
        ([step("base"), step("ENV x", empty=True), step("COPY /r/ /x"), step("RUN y")], "b"),
        # What a base says of its own layers may be less than it has.
        ([step("COPY /r/ /x"), step("RUN y")], "b"),
        ([step("COPY /r/ /x", empty=True), step("COPY /r/ /x"), step("RUN y")], "b"),
        ([step("base"), step("RUN x"), step("RUN y")], None),
        ([], None),
        (None, None),
    ],
)
def test_the_layer_of_a_step_is_counted_from_the_last(
    history: list[dict[str, object]] | None, layer: str | None
) -> None:
    manifest = json.dumps({"layers": [{"digest": it, "size": 1} for it in "abc"]}).encode()
    image = Published(
        "x",
        "1",
        "sha256:0",
        "type",
        manifest,
        {"config": {}} | ({"history": history} if history is not None else {}),
    )
    assert image.layer_of("COPY /r/") == layer
    assert image.labels == {} and image.size == 3


class Kept(BaseHTTPRequestHandler):
    """As much of a registry as a relabelled image needs, with the answers of Debian's."""

    blobs: ClassVar[dict[str, bytes]] = {}
    manifests: ClassVar[dict[str, bytes]] = {}

    def do_GET(self) -> None:
        assert "Authorization" not in self.headers
        kind, _, name = self.path.removeprefix("/v2/x/").partition("/")
        found = (self.manifests if kind == "manifests" else self.blobs).get(name)
        digest = f"sha256:{sha256(found or b'').hexdigest()}"
        self.answer(200 if found else 404, found or b"", "Docker-Content-Digest", digest)

    def do_POST(self) -> None:
        assert self.headers["Authorization"] == "Basic cHVibGlzaGVyOmh1bnRlcjI="
        # Its own address, as it thinks, and a state that it wants back.
        at = "http://elsewhere:5000/v2/x/blobs/uploads/1?_state=a%3D"
        self.answer(202, b"", "Location", at)

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if "/manifests/" in self.path:
            self.manifests[self.path.rpartition("/")[2]] = body
        else:
            assert "/uploads/1?_state=a%3D&digest=" in self.path
            self.blobs[self.path.partition("digest=")[2]] = body
        self.answer(201)

    def answer(self, status: int, body: bytes = b"", name: str = "X-Y", value: str = "") -> None:
        self.send_response(status)
        self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Type", "t")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def test_a_relabelled_image_has_the_same_layers_and_is_known_by_its_old_digests() -> None:
    config = json.dumps({"config": {"Labels": {"a": "1"}, "Cmd": ["x"]}, "history": [1]}).encode()
    old = f"sha256:{sha256(config).hexdigest()}"
    manifest = {"config": {"digest": old, "size": len(config)}, "layers": [{"digest": "l"}]}
    Kept.blobs, Kept.manifests = {old: config}, {"1.2": json.dumps(manifest).encode()}
    with ThreadingHTTPServer(("127.0.0.1", 0), Kept) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        at = server.server_port
        registry = Registry(lambda _: HTTPConnection("127.0.0.1", at), Secret("hunter2"))
        before = registry.find("x", "1.2")
        assert before
        once = registry.relabel(before, {"note": "ü"})
        twice = registry.relabel(once, {"note": "b", "a": "2"})
        server.shutdown()
    assert once.labels["note"] == "ü" and once.labels["a"] == "1"
    assert twice.labels["note"] == "b" and twice.config["history"] == [1]
    assert twice.config["config"]["Cmd"] == ["x"]
    assert json.loads(twice.manifest)["layers"] == [{"digest": "l"}]
    assert {*before.ids, *once.ids} < set(twice.ids) and len(set(twice.ids)) == 6
