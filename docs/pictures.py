"""Make the pictures of the README: `make pictures`."""

import hashlib
import os
import pty
import re
import shutil
import subprocess
import sys
from io import StringIO
from pathlib import Path

from rich.console import Console
from rich.text import Text

from sandbox.host import down, up
from tests.browser.chromium import Window, running_chromium
from tests.browser.front import running_lab_hub
from tests.hub_here import Hub
from tests.registry import publish, running_registry
from tests.sandbox.inv import Inv

IMAGES = Path(__file__).parent / "img"
LAB = "pictures"
WIDTH = 92
SPINNER = re.compile("(\x1b\\[[0-9;]*m)*[\u2800-\u28ff]")
PASSWORD = "electrons-2026"  # noqa: S105
VERSIONS = (
    ("1.2", "2026-06-22", "new dispersion fit"),
    ("1.1", "2026-03-09", "drift correction"),
    ("1.0", "2026-01-12", ""),
    ("0.9", "2025-11-03", "first LEEM IV curves"),
)
LABELS = {"1.2": "testing", "1.1": "stable", "0.9": "deprecated"}


def main(words: list[str]) -> None:
    """Take the pictures of the pages, then draw a terminal on a host: `pages` takes the first."""
    photograph(IMAGES)
    if words == ["pages"]:
        return
    down(LAB)
    up(LAB)
    try:
        draw_terminal(Inv(LAB), IMAGES / "deploy.svg")
    finally:
        down(LAB)


def draw_terminal(inv: Inv, path: Path) -> None:
    """Run the tasks of the first day in a terminal, and draw what stands there in the end."""
    drawn = Console(record=True, width=WIDTH, file=StringIO())
    for words in (("deploy",), ("deploy",), ("add-user", "--name", "alice", "--groups", "leem")):
        drawn.print(Text(f"$ inv {' '.join(words)}", style="bold"))
        for line in settled(in_terminal(inv, *words)):
            drawn.print(Text.from_ansi(line))
    svg = drawn.export_svg(title="A bare Debian host becomes a lab hub")
    # Rich names a font on somebody else's server; the reader's own will do.
    path.write_text(re.sub(r"@font-face \{.*?\}", "", svg, flags=re.DOTALL))


def in_terminal(inv: Inv, *words: str) -> str:
    """Return everything that a task prints to a terminal."""
    terminal, theirs = pty.openpty()
    with subprocess.Popen(
        inv.command(*words),
        env=inv.environment(COLUMNS=str(WIDTH), TERM="xterm"),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    ):
        os.close(theirs)
        printed = bytearray()
        try:
            while data := os.read(terminal, 65536):
                printed += data
        except OSError:  # how Linux tells that the last writer has closed a terminal
            os.close(terminal)
    return printed.decode()


def settled(printed: str) -> list[str]:
    """Leave out the lines that were overwritten while a change ran."""
    lines = [line.rpartition("\r")[2] for line in printed.replace("\r\n", "\n").split("\n")]
    shown = [line.rpartition("\x1b[2K")[2].replace("\x1b[?25h", "") for line in lines]
    return [line for line in shown if line.strip() and not SPINNER.match(line)]


def photograph(into: Path) -> None:
    """Take a picture of each page of a hub on this machine, as a member sees it."""
    scratch = Path("/tmp") / f"labhub-pictures-{os.getpid()}"  # noqa: S108
    scratch.mkdir()
    try:
        with (
            running_registry(scratch) as registry,
            running_lab_hub(scratch, registry) as hub,
            running_chromium() as browser,
        ):
            _furnish(hub, registry)
            light = Window(browser, hub.url)
            _walk(hub, light, into)
            dark = Window(browser, hub.url, dark=True).log_in("bea", PASSWORD)
            _shoot(dark.open("/hub/spawn"), into / "spawn-dark.png", 1180)
            phone = Window(browser, hub.url, phone=True).log_in("bob", PASSWORD)
            _shoot(phone.open("/hub/spawn"), into / "spawn-phone.png")
    finally:
        shutil.rmtree(scratch)


def _furnish(hub: Hub, registry: str) -> None:
    hub.add("alice", "bea", "bob")
    for tag, day, note in VERSIONS:
        labels = {
            "org.opencontainers.image.created": f"{day}T10:00:00+00:00",
            "org.opencontainers.image.revision": hashlib.sha256(tag.encode()).hexdigest()[:40],
            "labhub.note": note,
        }
        # A layer of a real one's size would take its time, and nothing looks into it.
        publish(registry, "agfalta_tools", tag, labels, size=712_000_000)
        if tag == VERSIONS[0][0]:
            publish(registry, "agfalta_tools", "latest", labels, size=712_000_000)
    told = {"labhub.note": "density functional theory"}
    publish(registry, "gpaw", "24.1", told, size=940_000_000)
    hub.write("images.json", {f"agfalta_tools:{tag}": {"label": it} for tag, it in LABELS.items()})
    share = {"server": "192.168.2.99", "group": None}
    names = (("data", True), ("analysis", False))
    hub.write(
        "mounts.json",
        [share | {"name": n, "target": f"/mnt/{n}", "read_only": ro} for n, ro in names],
    )


def _walk(hub: Hub, window: Window, into: Path) -> None:
    hub.write("start.json", {"hold": True})
    _shoot(window.open("/hub/login"), into / "login.png", 620)
    hub.write("announcement.json", {"text": "Hub update at 17:00", "since": "2026-11-23T08:00Z"})
    window.log_in("alice", PASSWORD)
    _shoot(window.open("/hub/spawn"), into / "spawn.png", 1180)
    hub.write("announcement.json", None)
    window.start("agfalta_tools:1.1")
    window.page.locator("#steps li", has_text="Waiting for JupyterLab").wait_for()
    _shoot(window, into / "starting.png", 480)
    hub.write("start.json", None)
    window.page.wait_for_url("**/user/alice/**")
    _shoot(window.open("/hub/home"), into / "home.png", 480)


def _shoot(window: Window, path: Path, height: int = 740) -> None:
    window.page.set_viewport_size({"width": window.page.evaluate("innerWidth"), "height": height})
    # What the last click has left: a focus, a movement.
    window.page.evaluate("document.activeElement.blur()")
    window.page.screenshot(path=path, animations="disabled")


if __name__ == "__main__":
    main(sys.argv[1:])
