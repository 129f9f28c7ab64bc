"""A member's day in a real browser, with the real hub, registry and labs of a sandbox host."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from sandbox.running import Sandbox
from tests.browser.chromium import Window
from tests.browser.conftest import OpenWindow
from tests.conftest import PASSWORD
from tests.sandbox.inv import Inv
from tests.sandbox.look import inspect, registry_down, registry_empty, sh

SLOW = 120_000
"""Milliseconds: JupyterLab is large, and the host is two cores for everybody."""
LABS = ("bea", "bob")


@pytest.fixture(scope="module")
def versions(inv: Inv, hub: str, sample: Path) -> None:
    """1.1 and 1.2 in the registry, and members who have never been here."""
    for tag in ("1.1", "1.2"):
        inv.ok("push", "--tag", tag, "--force", AGFALTA_TOOLS_SOURCE=str(sample))
    inv.ok("add-user", *(word for name in LABS for word in ("--name", name)))


@pytest.fixture
def bea(hub: str, versions: None, open_window: OpenWindow) -> Window:
    """A member at the door."""
    return open_window(hub).open("/hub/login")


@pytest.fixture
def bob(hub: str, versions: None, open_window: OpenWindow) -> Window:
    """A member who is in, and whose lab does not run."""
    return open_window(hub).log_in("bob", PASSWORD)


def run_cell(page: Page, code: str) -> str:
    """Open a notebook from the launcher, run a cell in it, and return what it prints."""
    page.locator(".jp-LauncherCard[data-category=Notebook]").first.click(timeout=SLOW)
    page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]").wait_for(timeout=SLOW)
    page.locator(".jp-Notebook .jp-CodeCell .cm-content").first.click(timeout=SLOW)
    # Pasted: typed, the editor would close brackets by itself.
    page.keyboard.insert_text(code)
    page.keyboard.press("Shift+Enter")
    output = page.locator(".jp-Notebook .jp-OutputArea-output pre").first
    output.wait_for(timeout=SLOW)
    return output.inner_text().strip()


def test_the_first_day_in_a_lab(bea: Window, host: Sandbox, inv: Inv) -> None:
    page = bea.page
    assert bea.heading().startswith("Sign in to ")
    bea.log_in("bea", PASSWORD)
    assert bea.heading() == "Start your lab"
    row = page.locator(".lab-version", has=page.locator("input[value='agfalta_tools:1.1']"))
    for text in ("built ", "commit ", " MB"):
        expect(row).to_contain_text(text)
    bea.start("agfalta_tools:1.1")
    expect(page.locator("h1")).to_have_text("Your lab is starting")
    expect(page.locator("#steps")).to_contain_text("Waiting for JupyterLab to answer")
    page.wait_for_url("**/user/bea/lab**", timeout=SLOW)
    assert run_cell(page, "import agfalta_tools; print(agfalta_tools.__version__)") == "1.1"
    assert inspect(host, "lab-bea")["Config"]["Image"].endswith("agfalta_tools:1.1")

    bea.open("/hub/home")
    expect(page.locator("main")).to_contain_text("agfalta_tools 1.1, since ")
    page.click("#stop")
    page.click("#stop-now")
    expect(page.locator("h1")).to_have_text("Your lab is not running", timeout=SLOW)
    assert not sh(host, "docker ps --quiet --filter name=^lab-bea$")

    page.click("#start")
    assert bea.chosen() == "agfalta_tools:1.1", "the one used last"
    page.click("button[type=submit]")
    page.wait_for_url("**/user/bea/lab**", timeout=SLOW)
    bea.open("/hub/home")
    page.get_by_role("link", name="Sign out").click()
    expect(page.locator("h1")).to_contain_text("Sign")
    inv.ok("deploy")


def test_a_wrong_password_is_a_sentence(bea: Window, hub: str, open_window: OpenWindow) -> None:
    bea.log_in("bea", PASSWORD)
    other = open_window(hub).log_in("bea", "something else")
    expect(other.page.get_by_role("alert")).to_be_visible()
    expect(other.page.locator("#password_input")).to_be_visible()


def test_an_announcement_is_everywhere_at_once(
    bob: Window, hub: str, inv: Inv, open_window: OpenWindow
) -> None:
    said = "hub update at 17:00 <b>"
    done = inv.ok("announce", said)
    assert done.changes == [f"Announce: {said}"]
    outside = open_window(hub).open("/hub/login")
    for window in (outside, bob.open("/hub/home"), bob.open("/hub/spawn"), bob.open("/hub/x")):
        expect(window.page.locator("aside")).to_contain_text(said)
    assert "nothing was changed" in inv.ok("announce", said).output
    assert said in inv.ok("announce", "--show").output
    inv.ok("announce", "--clear")
    expect(outside.open("/hub/login").page.locator("aside")).to_have_count(0)
    assert "nothing was changed" in inv.ok("announce", "--clear").output
    assert "Give a text" in inv.fails("announce", "--cleer")


def test_a_registry_that_is_empty_or_down_is_a_page_that_helps(
    bob: Window, host: Sandbox, inv: Inv, axe: str
) -> None:
    with registry_empty(host, inv):
        bob.open("/hub/spawn")
        expect(bob.page.get_by_role("alert")).to_contain_text("inv push --tag 1.2")
        bob.require_accessible(axe)
    with registry_down(host, inv):
        bob.open("/hub/spawn")
        expect(bob.page.get_by_role("alert")).to_contain_text("registry does not answer")
        bob.require_accessible(axe)
    bob.page.get_by_role("link", name="Try again").click()
    expect(bob.page.get_by_role("button", name="Start my lab")).to_be_visible()


@pytest.mark.parametrize("phone", [False, True])
@pytest.mark.parametrize("dark", [False, True])
def test_the_pages_of_the_real_hub_fit_and_are_accessible(
    hub: str, versions: None, open_window: OpenWindow, axe: str, phone: bool, dark: bool
) -> None:
    window = open_window(hub, phone=phone, dark=dark).open("/hub/login")
    window.require_accessible(axe)
    window.log_in("bob", PASSWORD)
    for path in ("/hub/spawn", "/hub/home", "/hub/auth/change-password", "/hub/nothing"):
        window.open(path)
        window.require_fitting()
        window.require_accessible(axe)
    theme = window.page.get_attribute("html", "data-bs-theme")
    assert theme == ("dark" if dark else "light")


def test_a_version_that_ends_at_once_and_one_that_is_gone_are_sentences(
    bob: Window, host: Sandbox, inv: Inv
) -> None:
    made = "docker build --quiet --tag localhost:5000/agfalta_tools:0.1 - >/dev/null"
    publish = f"{made} && docker push --quiet localhost:5000/agfalta_tools:0.1"
    broken = 'ENTRYPOINT ["sh", "-c", "echo No space left on device >&2; exit 1"]'
    sh(host, f"printf '%s\\n' 'FROM labhub-base' '{broken}' | {publish}")
    bob.start("agfalta_tools:0.1")
    alert = bob.page.get_by_role("alert")
    expect(alert).to_contain_text("home folder is full", timeout=SLOW)
    bob.open("/hub/home")
    expect(bob.page.locator("main")).to_contain_text("The last start failed.")
    bob.open("/hub/spawn").choose("agfalta_tools:0.1")
    inv.ok("remove-tag", "--tag", "0.1", "--force")
    bob.page.click("button[type=submit]")
    expect(alert).to_contain_text("There is no image", timeout=SLOW)
