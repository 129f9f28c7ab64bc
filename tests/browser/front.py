"""What stands before a hub on this machine: labs are one plain page, all else is the hub's."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

from tests.hub_here import Hub, running_hub

LAB = b"<!doctype html><html lang=en><title>JupyterLab</title><main><h1>A lab</h1></main>"


@contextmanager
def running_lab_hub(folder: Path, registry: str) -> Iterator[Hub]:
    """Run a hub, and yield it with the address at which a browser finds it and its labs."""
    with (
        running_hub(folder, registry) as hub,
        ThreadingHTTPServer(("127.0.0.1", 0), partial(_Front, urlsplit(hub.url).netloc)) as server,
    ):
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        try:
            yield replace(hub, url=f"http://127.0.0.1:{server.server_address[1]}")
        finally:
            server.shutdown()


class _Front(BaseHTTPRequestHandler):
    def __init__(self, hub: str, *args: object) -> None:
        self.hub = hub
        super().__init__(*args)  # type: ignore[arg-type]

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        """Answer with the lab, or with what the hub says, as it comes."""
        if self.path.startswith("/user/"):
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(LAB)
            return
        hub = HTTPConnection(self.hub)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        try:
            hub.request(self.command, self.path, body or None, dict(self.headers))
            answer = hub.getresponse()
        except OSError:
            self.send_error(502)
            return
        self.send_response_only(answer.status)
        for key, value in answer.getheaders():
            if key not in ("Transfer-Encoding", "Connection"):
                self.send_header(key, value)
        self.end_headers()
        try:
            while data := answer.read1():
                self.wfile.write(data)
        except ConnectionError:
            pass  # a browser that has left
        finally:
            hub.close()

    do_POST = do_DELETE = do_GET  # noqa: N815
