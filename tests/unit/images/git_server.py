"""A git server that asks for a name and a password: git's own, behind HTTP."""

import os
import subprocess
import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


@contextmanager
def git_server(root: Path, name: str, password: str) -> Iterator[str]:
    """Serve the repositories in a folder to who knows the password; yield where."""
    login = f"Basic {b64encode(f'{name}:{password}'.encode()).decode()}"

    class Serving(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.headers["Authorization"] != login:
                self.send_response(401)
                self.send_header("WWW-Authenticate", 'Basic realm="git"')
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            said = _backend(root, self)
            head, _, body = said.partition(b"\r\n\r\n")
            self.send_response(200)
            for line in head.decode().splitlines():
                self.send_header(*line.split(": ", 1))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Serving) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()


def _backend(root: Path, request: BaseHTTPRequestHandler) -> bytes:
    path, _, query = request.path.partition("?")
    environment = {
        "GIT_PROJECT_ROOT": str(root),
        "GIT_HTTP_EXPORT_ALL": "1",
        "REQUEST_METHOD": request.command,
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "CONTENT_TYPE": request.headers.get("Content-Type", ""),
        "HTTP_CONTENT_ENCODING": request.headers.get("Content-Encoding", ""),
        "GIT_PROTOCOL": request.headers.get("Git-Protocol", ""),
        "PATH": os.environ["PATH"],
    }
    sent = request.rfile.read(int(request.headers.get("Content-Length", 0)))
    argv = ["git", "http-backend"]
    return subprocess.run(
        argv, input=sent, env=environment, stdout=subprocess.PIPE, check=True
    ).stdout
