"""Make the pictures of the README from a sandbox host: `make pictures`."""

import os
import re
import shutil
import sys
from io import StringIO
from pathlib import Path

from playwright.sync_api import sync_playwright
from rich.console import Console
from rich.text import Text

from sandbox.host import down, up
from sandbox.inv import Inv
from tests.sample import commit, git, make_sample

IMAGES = Path(__file__).parent / "img"
LAB = "pictures"
WIDTH = 92
SPINNER = re.compile("(\x1b\\[[0-9;]*m)*[\u2800-\u28ff]")
# Chromium looks for updates and news at every start; it is to talk to the sandbox alone.
QUIET = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)


def main() -> None:
    """Bring a hub up, look at it, and take it away."""
    down(LAB)
    host, inv = up(LAB), Inv(LAB)
    try:
        draw_terminal(inv, IMAGES / "deploy.svg")
        inv.ok("add-user", "--name", "alice")
        sample = make_sample(Path("/tmp") / f"labhub-pictures-{os.getpid()}")  # noqa: S108
        source = {"AGFALTA_TOOLS_SOURCE": str(sample)}
        inv.ok("push", "--tag", "1.1", **source)
        inv.ok("push", "--tag", "1.2", "--note", "step heights with their errors", **source)
        git(sample, "checkout", "--quiet", "-b", "feature/fit")
        commit(sample, "Begin a fit")
        inv.ok("push", "--ref", "feature/fit", "--note", "Anna's fit, try it", **source)
        shutil.rmtree(sample)
        photograph(host.url, IMAGES / "spawn.png")
    finally:
        down(LAB)


def draw_terminal(inv: Inv, path: Path) -> None:
    """Run the tasks of the first day in a terminal, and draw what stands there in the end."""
    drawn = Console(record=True, width=WIDTH, file=StringIO())
    for words in (("deploy",), ("deploy",), ("add-user", "--name", "alice", "--groups", "leem")):
        drawn.print(Text(f"$ inv {' '.join(words)}", style="bold"))
        for line in settled(inv.in_terminal(*words, COLUMNS=str(WIDTH))):
            drawn.print(Text.from_ansi(line))
    svg = drawn.export_svg(title="A bare Debian host becomes a lab hub")
    # Rich names a font on somebody else's server; the reader's own will do.
    path.write_text(re.sub(r"@font-face \{.*?\}", "", svg, flags=re.DOTALL))


def settled(printed: str) -> list[str]:
    """Leave out the lines that were overwritten while a change ran."""
    lines = [line.rpartition("\r")[2] for line in printed.replace("\r\n", "\n").split("\n")]
    shown = [line.rpartition("\x1b[2K")[2].replace("\x1b[?25h", "") for line in lines]
    return [line for line in shown if line.strip() and not SPINNER.match(line)]


def photograph(url: str, path: Path) -> None:
    """Take a picture of the spawn page, as a member sees it after the login."""
    with sync_playwright() as playwright:
        chromium = shutil.which("chromium") or sys.exit("chromium is not installed")
        browser = playwright.chromium.launch(executable_path=chromium, args=list(QUIET))
        page = browser.new_page(viewport={"width": 900, "height": 560})
        page.goto(f"{url}/hub/login")
        page.fill("input[name=username]", "alice")
        page.fill("input[name=password]", "electrons-2026")
        page.click("#login_submit")
        page.goto(f"{url}/hub/spawn")
        page.wait_for_load_state("networkidle")
        page.screenshot(path=path)
        browser.close()


if __name__ == "__main__":
    main()
