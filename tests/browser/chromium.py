"""Debian's Chromium, headless; and what a page must be: quiet, of one origin, and for everybody."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Error,
    Page,
    sync_playwright,
)

HERE = Path(__file__).parent
# Chromium looks for updates and news at every start; it is to talk to the hub alone.
QUIET = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
DESK = {"width": 1000, "height": 720}
PHONE = {"width": 360, "height": 740}
_OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


class MissingError(Exception):
    """A program is not installed."""


@contextmanager
def running_chromium() -> Iterator[Browser]:
    """Run the browser, and yield it."""
    program = shutil.which("chromium")
    if program is None:
        raise MissingError("chromium is not installed: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(QUIET))
        try:
            yield browser
        finally:
            browser.close()


class Window:
    """One page in a browser of its own, with everything it complained of."""

    def __init__(self, browser: Browser, url: str, *, dark: bool = False, phone: bool = False):
        self.url = url
        self.complaints: list[str] = []
        self.elsewhere: list[str] = []
        self.context: BrowserContext = browser.new_context(
            viewport=PHONE if phone else DESK,  # type: ignore[arg-type]
            color_scheme="dark" if dark else "light",
            has_touch=phone,
            base_url=url,
        )
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(20_000)
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self._complain(str(error)))
        self.page.on("request", lambda request: self._look(request.url))

    def _hear(self, message: ConsoleMessage) -> None:
        # The answer 404 to a page that is not there is what the page says, too.
        is_own_status = "Failed to load resource" in message.text and (
            message.location.get("url", "").partition("#")[0] == self.page.url.partition("#")[0]
        )
        if message.type in ("error", "warning") and not is_own_status:
            self._complain(message.text)

    def _complain(self, text: str) -> None:
        # What JupyterLab has to say is its own.
        if not urlsplit(self.page.url).path.startswith("/user/"):
            self.complaints.append(f"{self.page.url}: {text}")

    def _look(self, address: str) -> None:
        if urlsplit(address).netloc != urlsplit(self.url).netloc and address.startswith("http"):
            self.elsewhere.append(address)

    def open(self, path: str) -> "Window":
        """Go to a page."""
        try:
            self.page.goto(path)
        except Error as error:
            # Each container that another test starts changes this machine's network interfaces.
            if "ERR_NETWORK_CHANGED" not in error.message:
                raise
            self.page.goto(path)
        return self

    def heading(self) -> str:
        """Return what the page is called."""
        return self.page.inner_text("h1")

    def log_in(self, name: str, password: str) -> "Window":
        """Log in by the form, as a person does."""
        self.open("/hub/login")
        self.page.fill("#username_input", name)
        self.page.fill("#password_input", password)
        self.page.click("#login_submit")
        self.page.wait_for_load_state()
        return self

    def change_password(self, old: str, new: str) -> "Window":
        """Fill in the form that asks for the old password, and send it."""
        for name, typed in (("old", old), ("password", new), ("again", new)):
            self.page.fill(f"#{name}_input", typed)
        self.page.click("#change")
        self.page.wait_for_load_state()
        return self

    def start(self, image: str = "") -> "Window":
        """Start a lab from the spawn page, of this image or the one that is chosen."""
        self.open("/hub/spawn")
        if image:
            self.choose(image)
        self.page.click("button[type=submit]")
        return self

    def choose(self, image: str) -> None:
        """Choose a version, also one of the older ones."""
        row = self.page.locator(f"input[value='{image}']")
        if not row.is_visible():
            self.page.locator("details", has=row).locator("summary").click()
        row.check()

    def chosen(self) -> str:
        """Return which version is chosen."""
        return self.page.locator("input[name=image]:checked").input_value()

    def require_quiet(self) -> None:
        """Fail where the page complained, or asked another server than its own."""
        assert not self.complaints, self.complaints
        assert not self.elsewhere, self.elsewhere

    def require_theme(self, theme: str) -> None:
        """Fail where the page has other colours than the reader's."""
        found = self.page.get_attribute("html", "data-bs-theme")
        assert found == theme, f"{self.page.url} is {found}"

    def require_fitting(self) -> None:
        """Fail where the page is wider than its window."""
        assert self.page.evaluate(_OVERFLOW) <= 0, f"{self.page.url} is too wide"

    def require_accessible(self, axe: str) -> None:
        """Fail at each violation that axe finds."""
        self.page.evaluate(axe)
        found: dict[str, Any] = self.page.evaluate("axe.run()")
        told = [
            f"{it['impact']}: {it['help']} ({it['id']}): {node['html'][:150]}"
            for it in found["violations"]
            for node in it["nodes"]
        ]
        assert not told, "\n".join([self.page.url, *told])

    def close(self) -> None:
        """Close it."""
        self.context.close()


def read_axe() -> str:
    """Return axe-core, at the version that package-lock.json names; fetched where it is missing."""
    wanted = json.loads((HERE / "package.json").read_text())["devDependencies"]["axe-core"]
    folder = HERE / "node_modules" / "axe-core"
    if (
        not folder.exists()
        or json.loads((folder / "package.json").read_text())["version"] != wanted
    ):
        npm = shutil.which("npm")
        if npm is None:
            raise MissingError("npm is not installed: apt-get install npm")
        command = [npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
        subprocess.run(command, cwd=HERE, check=True, stdin=subprocess.DEVNULL)
    return (folder / "axe.min.js").read_text()
