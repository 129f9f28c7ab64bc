"""The test that every lab image passes before it can exist: the package, the versions, the server.

It runs while the image is built, as a user that the image does not know, and is in no image.
The version of what passes is written down.
Each failure is one sentence on standard error that begins with `SMOKE: `.
"""

import argparse
import importlib
import json
import os
import subprocess  # noqa: TID251 (runs in the image, not on the laptop)
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.client import HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import metadata
from pathlib import Path
from threading import Thread

from packaging.version import InvalidVersion, Version

USER = "smoke"
PREFIX = f"/user/{USER}/"
START_TIMEOUT = 300.0
# The stage has a network of its own, with nobody in it: no port can be taken, and none below the
# range of outgoing connections can be hit by one of them.
HUB_PORT, LAB_PORT = 8081, 8888


class StubHub(BaseHTTPRequestHandler):
    """Answer what a notebook server asks of its hub."""

    hub_version = ""

    def do_GET(self) -> None:
        """Answer who the hub is, or who the user is."""
        user = {"kind": "user", "name": USER, "admin": False, "groups": [], "scopes": []}
        self.answer(
            user if self.path.startswith("/hub/api/user") else {"version": self.hub_version}
        )

    def do_POST(self) -> None:
        """Take note of activity."""
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.answer({})

    def answer(self, content: dict[str, object]) -> None:
        """Send one JSON object."""
        body = json.dumps(content).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-JupyterHub-Version", self.hub_version)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Keep the build's output to the failures."""


class Lab:
    """A `jupyterhub-singleuser` of the image, started against a stub of the hub."""

    def __init__(self, home: Path, hub_version: str) -> None:
        StubHub.hub_version = hub_version
        hub = ThreadingHTTPServer(("127.0.0.1", HUB_PORT), StubHub)
        Thread(target=hub.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{LAB_PORT}{PREFIX}"
        self.log = home / "server.log"
        hub_url = f"http://127.0.0.1:{HUB_PORT}/hub/api"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                ["jupyterhub-singleuser"],
                cwd=home,
                env=os.environ | self.environment(hub_url),
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def environment(self, hub_url: str) -> dict[str, str]:
        """Return what a hub tells a server that it starts."""
        return {
            "JUPYTERHUB_API_TOKEN": "no-secret",
            "JUPYTERHUB_API_URL": hub_url,
            "JUPYTERHUB_ACTIVITY_URL": f"{hub_url}/users/{USER}/activity",
            "JUPYTERHUB_BASE_URL": "/",
            "JUPYTERHUB_CLIENT_ID": f"jupyterhub-user-{USER}",
            "JUPYTERHUB_HOST": "",
            "JUPYTERHUB_OAUTH_CALLBACK_URL": f"{PREFIX}oauth_callback",
            "JUPYTERHUB_SERVER_NAME": "",
            "JUPYTERHUB_SERVICE_PREFIX": PREFIX,
            "JUPYTERHUB_SERVICE_URL": self.url,
            "JUPYTERHUB_USER": USER,
        }

    def problem(self) -> str | None:
        """Wait for the server's first answer; say why none comes."""
        deadline = time.monotonic() + START_TIMEOUT
        answer = "did not answer"
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                status = self.process.returncode
                return f"jupyterhub-singleuser ended with status {status}: {self.last_line()}"
            try:
                with urllib.request.urlopen(f"{self.url}api", timeout=5) as page:  # noqa: S310
                    json.load(page)["version"]
                return None
            except urllib.error.HTTPError as error:
                answer = f"answered {error.code} at {PREFIX}api"
            except (OSError, HTTPException, ValueError, KeyError) as error:
                answer = f"did not answer ({type(error).__name__})"
            time.sleep(0.05)
        return f"jupyterhub-singleuser {answer} for {START_TIMEOUT:g} s: {self.last_line()}"

    def last_line(self) -> str:
        """Return the last line of the server's log, which mostly tells."""
        lines = self.log.read_text(errors="replace").strip().splitlines()
        return lines[-1].strip() if lines else "it said nothing"

    def end(self) -> None:
        """End the server; its clean-up is of no interest."""
        self.process.kill()
        self.process.wait()


def package_problems(name: str, distribution: str, wanted: str) -> Iterator[str]:
    """Import the package and compare the versions that it reports with the tag, and each other."""
    own = metadata.version(distribution)
    found = {own: ["its metadata"]}
    try:
        module = importlib.import_module(name)
    except (Exception, SystemExit) as error:
        yield f"import {name} fails: {type(error).__name__}: {error}{next_step(error)}"
    else:
        if isinstance(version := getattr(module, "__version__", None), str):
            found.setdefault(version, []).append(f"{name}.__version__")
    for version, where in found.items():
        if not is_same(version, wanted or own):
            other = f"the tag says {wanted}" if wanted else f"its metadata says {own}"
            yield f"{other}, but {distribution} says {version} ({', '.join(where)})"


def next_step(error: BaseException) -> str:
    """Say what helps where a module is missing that the package does not ask for."""
    if not isinstance(error, ModuleNotFoundError):
        return ""
    asked = "setuptools<81" if error.name == "pkg_resources" else "what has it"
    return f". Name {asked} in the requirements of the package, or in site/requirements.in"


def is_same(version: str, wanted: str) -> bool:
    """Compare two versions by PEP 440: `v1.2` is 1.2 is 1.2.0."""
    try:
        return Version(version) == Version(wanted)
    except InvalidVersion:
        return version == wanted


def hub_problems(wanted: str) -> Iterator[str]:
    """Compare the image's JupyterHub with the hub's."""
    version = metadata.version("jupyterhub")
    if version != wanted:
        yield f"the image has JupyterHub {version}, but the hub is {wanted or 'not named'}"


def main() -> int:
    """Print each problem; succeed when there is none."""
    parser = argparse.ArgumentParser()
    for option in ("import", "distribution", "version", "jupyterhub", "passed"):
        parser.add_argument(f"--{option}", required=True, dest=option.replace("import", "module"))
    want = parser.parse_args()
    home = Path.home()
    home.mkdir(parents=True, exist_ok=True)
    # The server first: it starts while the package is imported.
    lab = Lab(home, want.jupyterhub)
    try:
        problems = [
            *package_problems(want.module, want.distribution, want.version),
            *hub_problems(want.jupyterhub),
        ]
        if problem := lab.problem():
            problems.append(problem)
    finally:
        lab.end()
    for problem in problems:
        sys.stderr.write(f"SMOKE: {' '.join(problem.split())}\n")
    if problems:
        return 1
    # A file: the package may print what it likes.
    Path(want.passed).write_text(f"{metadata.version(want.distribution)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
