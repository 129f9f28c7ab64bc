"""The way to the host's engine outlives a build that takes its time."""

import socket
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingMixIn, UnixStreamServer
from threading import Thread
from typing import cast

import pytest
from docker import APIClient
from paramiko import Channel

from ops.remote import tunnel


class Impatient(BaseHTTPRequestHandler):
    """What an engine does that ends silent connections, after a second."""

    protocol_version = "HTTP/1.1"
    timeout = 1.0
    connections = 0

    def setup(self) -> None:
        super().setup()
        Impatient.connections += 1

    def do_GET(self) -> None:
        answer = b'{"ApiVersion": "1.44"}' if self.path.endswith("/version") else b"OK"
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def do_POST(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "20")
        self.end_headers()
        self.wfile.write(b'{"status": "pushed"}')

    def address_string(self) -> str:
        return "local"

    def log_message(self, *words: object) -> None:
        """Say nothing."""


class Engine(ThreadingMixIn, UnixStreamServer):
    daemon_threads = True


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[str]:
    path = tmp_path / "engine.sock"
    with Engine(str(path), Impatient) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield str(path)
        server.shutdown()


def test_a_connection_that_is_opened_late_is_not_one_that_the_engine_has_ended(
    engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tunnel, "FRESH_SECONDS", 0.3)

    def root_shell(script: str) -> tuple[Channel, bytes]:
        # In the place of sshd, sudo and `docker system dial-stdio`: a connection that is open.
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(engine)
        return cast(Channel, connection), b""

    with tunnel.docker_socket(root_shell) as url:
        client = APIClient(base_url=url, version="auto")
        time.sleep(2.5)
        events = client.push("lab", stream=True, decode=True)
        assert list(events) == [{"status": "pushed"}]
    assert Impatient.connections > 5, "each is given up before the engine ends it"


def test_who_speaks_to_the_engine_learns_at_once_that_the_host_is_gone() -> None:
    ours, theirs = socket.socketpair()

    def root_shell(script: str) -> tuple[Channel, bytes]:
        return cast(Channel, ours), b""

    with tunnel.docker_socket(root_shell) as url, socket.socket(socket.AF_UNIX) as client:
        client.connect(url.removeprefix("unix://"))
        client.settimeout(5)
        client.sendall(b"ping")
        assert theirs.recv(4) == b"ping"
        theirs.close()
        assert client.recv(1) == b""
