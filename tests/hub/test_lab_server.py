"""A real JupyterLab with what every lab image adds to it.

In `tests/sandbox/test_9_sessions.py` the same runs in a lab.
"""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import requests
from labhub.idle import idle_args
from playwright.sync_api import Page, Route, sync_playwright

FILES = Path(__file__).parents[2] / "lab-image" / "files"
OWN = FILES / "opt/venv"
TOKEN = {"Authorization": "token no-secret"}
# Processes of its own, as in a container: else all that works on this machine would be the lab's.
ALONE = "unshare --user --map-root-user --pid --fork --mount-proc --kill-child".split()


class Server:
    """A server that runs, as far as a test needs it."""

    def __init__(self, process: subprocess.Popen[bytes], url: str) -> None:
        self.process = process
        self.url = url

    def ask(self, method: str, path: str, **more: Any) -> Any:
        answer = requests.request(method, self.url + path, headers=TOKEN, timeout=30, **more)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def status(self, query: str = "") -> dict[str, Any]:
        found: dict[str, Any] = self.ask("GET", f"lab-session{query}")
        return found

    def until(self) -> datetime:
        return datetime.fromisoformat(self.status()["until"])


Start = Callable[[float], Server]


@contextmanager
def running(home: Path, seconds: float, log: Path) -> Iterator[Server]:
    command = [
        *(sys.executable, "-m", "jupyter", "lab", "--no-browser", "--allow-root"),
        *("--ServerApp.port=0", "--IdentityProvider.token=no-secret"),
        *idle_args(seconds / 3600),
    ]
    environ = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(home),
        "SHELL": "/bin/bash",
        "PYTHONPATH": str(FILES / "usr/local/lib/lab"),
        "JUPYTER_CONFIG_PATH": str(OWN / "etc/jupyter"),
        "JUPYTER_PATH": str(OWN / "share/jupyter"),
    }
    with (
        log.open("wb") as written,
        subprocess.Popen(
            [*ALONE, *command], cwd=home, env=environ, stdout=written, stderr=subprocess.STDOUT
        ) as process,
    ):
        try:
            yield Server(process, address(process, log))
        finally:
            process.kill()


def address(process: subprocess.Popen[bytes], log: Path) -> str:
    end = time.monotonic() + 60
    while True:
        found = re.search(r"http://(?:localhost|127\.0\.0\.1):(\d+)/", log.read_text())
        # It says where it listens before it does.
        if found and _listens(int(found[1])):
            return f"http://127.0.0.1:{found[1]}/"
        assert process.poll() is None and time.monotonic() < end, log.read_text()
        time.sleep(0.1)


def _listens(port: int) -> bool:
    with socket.socket() as asking:
        return asking.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Return a function that starts a server which stays for some idle seconds."""
    if subprocess.run([*ALONE, "true"], capture_output=True).returncode:
        pytest.skip("this system gives nobody processes of their own")
    home = tmp_path / "home"
    home.mkdir()
    stack = []

    def begin(seconds: float) -> Server:
        stack.append(running(home, seconds, tmp_path / "log"))
        return stack[-1].__enter__()

    yield begin
    for one in stack:
        one.__exit__(None, None, None)


def test_questions_are_no_activity_and_deeds_are(start: Start) -> None:
    server = start(3600)
    first = server.until()
    time.sleep(1.1)
    for path in ("api/kernels", "api/sessions", "api/terminals", "api/contents?content=1"):
        server.ask("GET", path)
    assert server.until() == first
    server.ask("POST", "api/contents", json={"type": "file"})
    second = server.until()
    assert second > first
    time.sleep(0.1)
    server.status("?used=1")
    assert server.until() > second


def test_a_silent_program_in_a_terminal_keeps_it_and_the_lab_until_its_end(start: Start) -> None:
    import websocket

    server = start(6)
    name = server.ask("POST", "api/terminals")["name"]
    path = server.url.replace("http", "ws", 1) + f"terminals/websocket/{name}"
    keyboard = websocket.create_connection(
        path, header=[f"Authorization: {TOKEN['Authorization']}"]
    )
    keyboard.send(json.dumps(["stdin", "sleep 15\r"]))
    keyboard.close()
    time.sleep(10)
    assert server.ask("GET", "api/terminals")[0]["name"] == name
    assert server.status()["works"] == [f"a program runs in terminal {name}"]
    assert server.process.wait(timeout=30) == 0, "and then the lab ends as it should"


def test_an_idle_kernel_does_not_double_the_time(start: Start) -> None:
    server = start(8)
    server.ask("POST", "api/kernels", json={"name": "python3"})
    begun = time.monotonic()
    server.process.wait(timeout=30)
    # The kernel's own start is counted.
    assert 7 < time.monotonic() - begun < 14


@pytest.fixture
def page(start: Start) -> Iterator[tuple[Page, list[str]]]:
    """JupyterLab in a browser, and what the browser complains of."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("chromium is not installed")
    server = start(3600)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(base_url=server.url, extra_http_headers=TOKEN)
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console", lambda said: complaints.append(said.text) if said.type == "error" else None
        )
        yield page, complaints
        browser.close()


def test_jupyterlab_shows_how_long_it_stays_and_why_a_program_was_ended(
    page: tuple[Page, list[str]],
) -> None:
    tab, complaints = page
    tab.goto("lab?reset")
    shown = tab.locator("#lab-session-item")
    shown.get_by_text(re.compile(r"stays until \d")).wait_for(timeout=60_000)

    def killed(route: Route) -> None:
        memory = {"used": 3.9 * 2**30, "limit": 4 * 2**30, "kills": 1}
        status = {"memory": memory, "works": ["a kernel is busy"], "until": None, "started": "now"}
        route.fulfill(json=status)

    tab.route("**/lab-session*", killed)
    shown.get_by_text("⚠ 3.9 of 4 GB · stays while a kernel is busy").wait_for(timeout=30_000)
    tab.get_by_text("This lab had taken all its 4 GB of memory").first.wait_for()
    tab.get_by_role("button", name="What now?").click()
    tab.get_by_text("ask the operator for more memory.").wait_for()
    assert complaints == []
