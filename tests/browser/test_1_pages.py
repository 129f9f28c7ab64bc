"""The pages in a browser, of a hub on this machine: a lab is started without an engine here."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.chromium import Window
from tests.browser.conftest import OpenWindow
from tests.browser.front import running_lab_hub
from tests.hub_here import Hub
from tests.registry import publish, running_registry

PASSWORD = "electrons-2026"
OTHER = "positrons-2027"
ONE_TIME = "k7fm-2pqd-x9ta"
OCI = "org.opencontainers.image"
TAGS = ("0.7", "0.8", "0.9", "1.0", "1.1", "1.2")
NOTES = {"1.2": "new dispersion fit", "1.1": "drift correction <b>"}
MOUNTS = [
    {"name": name, "target": f"/mnt/{name}", "server": "nas", "read_only": ro, "group": None}
    for name, ro in (("data", True), ("leem", False))
]
LABELS = {
    "agfalta_tools:1.1": {"label": "stable"},
    "agfalta_tools:1.2": {"label": "testing"},
    "agfalta_tools:0.9": {"label": "deprecated"},
}
VIEWS = [
    pytest.param({}, id="light"),
    pytest.param({"dark": True}, id="dark"),
    pytest.param({"phone": True}, id="phone"),
    pytest.param({"phone": True, "dark": True}, id="dark-phone"),
]


def fill(registry: str) -> None:
    """Publish versions with notes, and a second image."""
    for number, tag in enumerate([*TAGS, "latest"]):
        day = min(number, len(TAGS) - 1) + 1
        labels = {
            f"{OCI}.created": f"2026-06-{day:02}T10:00:00+00:00",
            f"{OCI}.revision": f"{day:x}" * 40,
            "labhub.note": NOTES.get(tag, ""),
        }
        labels |= {"labhub.note": NOTES["1.2"]} if tag == "latest" else {}
        publish(registry, "agfalta_tools", tag, labels, b"x" * 1_000_000 * day)
    publish(registry, "gpaw", "24.1", {"labhub.note": "for DFT"}, b"y")


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_registry(tmp_path_factory.mktemp("registry")) as url:
        fill(url)
        yield url


@pytest.fixture(scope="module")
def running(registry: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    with running_lab_hub(tmp_path_factory.mktemp("hub"), registry) as hub:
        yield hub


@pytest.fixture
def hub(running: Hub) -> Hub:
    """The hub as every test finds it: labels, shares that are there, nothing announced."""
    for name in ("announcement.json", "start.json"):
        running.write(name, None)
    running.disable()
    running.write("images.json", LABELS)
    running.write("mounts.json", MOUNTS)
    for path in running.folder.glob("away-*"):
        path.unlink()
    return running


@pytest.fixture
def member(hub: Hub) -> str:
    """A member of this test alone."""
    name = f"m{len(list(hub.folder.glob('home/*')))}"
    hub.add(name)
    return name


def test_the_first_login_and_a_wrong_password(
    hub: Hub, member: str, open_window: OpenWindow
) -> None:
    window = open_window(hub.url).open("/hub/login")
    assert window.heading() == "Sign in to Surface Science Lab"
    expect(window.page.locator("body")).to_contain_text("first password")
    expect(window.page.locator("footer")).to_contain_text("Karl (room 2.17")
    window.log_in(member, PASSWORD)
    assert window.heading() == "Start your lab"
    other = open_window(hub.url).log_in(member, "something else")
    expect(other.page.get_by_role("alert")).to_be_visible()
    expect(other.page.locator("#username_input")).to_have_value(member)


def test_a_one_time_password_is_changed_and_then_the_lab_is_near(
    hub: Hub, member: str, open_window: OpenWindow
) -> None:
    hub.invite(member, ONE_TIME)
    window = open_window(hub.url).log_in(member, ONE_TIME)
    page = window.page
    assert window.heading() == "Choose your own password"
    expect(page.get_by_role("link", name="Home")).to_have_count(0)
    assert page.evaluate("document.activeElement.id") == "old_input"
    keys = page.keyboard
    for typed in (ONE_TIME, PASSWORD, OTHER):
        keys.type(typed)
        keys.press("Tab")
    page.click("#change")
    assert page.evaluate("document.querySelector('#again_input').validationMessage") == (
        "The new password was typed in two ways; type it again."
    ), "it is told before it is sent"
    page.fill("#again_input", PASSWORD)
    page.click("#change")
    expect(page.locator("h1")).to_have_text("Start your lab")


def test_a_password_is_changed_and_a_mistake_is_told_at_its_field(
    hub: Hub, member: str, open_window: OpenWindow
) -> None:
    window = open_window(hub.url).log_in(member, PASSWORD).open("/hub/auth/change-password")
    page = window.page
    window.change_password("something else", OTHER)
    expect(page.get_by_label("Your password as it is")).to_have_accessible_description(
        "That is not your password."
    )
    window.change_password(PASSWORD, PASSWORD)
    expect(page.get_by_label("The new password", exact=True)).to_have_accessible_description(
        re.compile("choose another")
    )
    window.change_password(PASSWORD, OTHER)
    expect(page.locator("h1")).to_have_text("Your password is changed.")
    page.get_by_role("link", name="Go to my home page").click()
    expect(page.locator("h1")).to_have_text("Your lab is not running")


def test_a_login_that_is_refused_says_why_at_its_field(
    hub: Hub, member: str, open_window: OpenWindow
) -> None:
    open_window(hub.url).log_in(member, PASSWORD)
    window = open_window(hub.url).log_in(member, "something else")
    page = window.page
    password = page.get_by_label("Password")
    expect(password).to_have_accessible_description("Invalid username or password")
    expect(password).to_be_focused()
    hub.disable(member)
    window.log_in(member, PASSWORD)
    expect(password).to_have_accessible_description(re.compile("This account is disabled"))
    for _ in range(6):
        window.log_in(member, "something else")
    expect(page.get_by_role("alert")).to_contain_text(re.compile(r"Wait \d+ s, then try again"))


def test_the_versions_say_what_they_are(hub: Hub, member: str, open_window: OpenWindow) -> None:
    window = open_window(hub.url).log_in(member, PASSWORD).open("/hub/spawn")
    page = window.page
    rows = page.locator(".lab-version:visible")
    assert rows.first.inner_text().split("\n")[:2] == [
        "latest", "always what was published last, now 1.2",
    ]  # fmt: skip
    newest = page.locator(".lab-version", has=page.locator("input[value='agfalta_tools:1.2']"))
    for text in ("newest", "testing", "new dispersion fit", "6 June 2026", "66666666", "6 MB"):
        expect(newest).to_contain_text(text)
    assert window.chosen() == "agfalta_tools:latest"
    expect(page.locator("input[value='agfalta_tools:0.9']")).to_be_hidden()
    page.click("summary")
    expect(page.locator("input[value='agfalta_tools:0.9']")).to_be_visible()
    expect(page.get_by_role("group", name="gpaw")).to_contain_text("for DFT")
    expect(page.locator(".lab-mounts")).to_contain_text("/mnt/data, read-only")


def test_keyboard_alone_is_enough(hub: Hub, member: str, open_window: OpenWindow) -> None:
    hub.write("start.json", {"hold": True})
    window = open_window(hub.url).open("/hub/login")
    keys = window.page.keyboard
    keys.type(member)
    keys.press("Tab")
    keys.type(PASSWORD)
    keys.press("Enter")
    expect(window.page.locator("h1")).to_have_text("Start your lab")
    window.page.locator("input[name=image]:checked").focus()
    for _ in range(2):
        keys.press("ArrowDown")
    assert window.chosen() == "agfalta_tools:1.1"
    keys.press("Enter")
    expect(window.page.locator("h1")).to_have_text("Your lab is starting")
    hub.write("start.json", None)
    window.page.wait_for_url("**/user/**")
    window.open("/hub/home")
    window.page.locator("#stop").focus()
    keys.press("Enter")
    expect(window.page.get_by_role("dialog")).to_be_visible()
    keys.press("Escape")
    expect(window.page.get_by_role("dialog")).to_be_hidden()
    keys.press("Enter")
    keys.press("Shift+Tab")
    keys.press("Enter")
    expect(window.page.locator("h1")).to_have_text("Your lab is not running")


def test_everything_can_be_reached_by_tab(hub: Hub, member: str, open_window: OpenWindow) -> None:
    window = open_window(hub.url).log_in(member, PASSWORD).open("/hub/spawn")
    seen = []
    for _ in range(30):
        window.page.keyboard.press("Tab")
        seen.append(
            window.page.evaluate("document.activeElement.textContent.trim().split('\\n')[0]")
        )
    assert {"Home", "Change password", "Sign out", "Start my lab"} <= set(seen)
    assert "2 more versions" in seen


def test_a_start_is_told_step_by_step_and_the_choice_is_remembered(
    hub: Hub, member: str, open_window: OpenWindow
) -> None:
    hub.write("start.json", {"hold": True})
    window = open_window(hub.url).log_in(member, PASSWORD).start("agfalta_tools:1.1")
    expect(window.page.locator("#steps")).to_contain_text("Making your container")
    steps = window.page.locator("#steps li").all_inner_texts()
    assert steps[:4] == [
        "Looking up your account", "Asking the file server for data, leem",
        "Fetching agfalta_tools 1.1", "Making your container",
    ]  # fmt: skip
    second = open_window(hub.url).log_in(member, PASSWORD).open("/hub/home")
    assert second.heading() == "Your lab is starting"
    second.page.click("#start")
    expect(second.page.locator("#steps li").first).to_have_text(steps[0])
    hub.write("start.json", None)
    window.page.wait_for_url(f"**/user/{member}/**")
    window.open("/hub/home")
    expect(window.page.locator("main")).to_contain_text("agfalta_tools 1.1, since ")
    expect(window.page.locator("main")).to_contain_text("12 hours")
    window.page.click("#stop")
    window.page.click("#stop-now")
    expect(window.page.locator("h1")).to_have_text("Your lab is not running")
    window.open("/hub/spawn")
    assert window.chosen() == "agfalta_tools:1.1"
    expect(window.page.locator(".lab-version:has(:checked)")).to_contain_text("used last")


def test_a_start_that_fails_says_why_at_once_and_at_home(
    hub: Hub, member: str, open_window: OpenWindow
) -> None:
    hub.write("start.json", {"hold": True})
    window = open_window(hub.url).log_in(member, PASSWORD).start()
    expect(window.page.locator("h1")).to_have_text("Your lab is starting")
    hub.write("start.json", {"end": "memory"})
    expect(window.page.locator("h1")).to_have_text("The lab did not start")
    expect(window.page.get_by_role("alert")).to_contain_text("its 4 GB of memory")
    window.open("/hub/home")
    expect(window.page.locator("main")).to_contain_text("The last start failed. The lab needed")
    hub.write("start.json", {"end": "The disk is full."})
    window.start()
    expect(window.page.get_by_role("alert")).to_have_text("The disk is full.")
    assert window.heading() == "Start your lab", "quick enough that the form is there again"
    hub.write("start.json", None)
    window.start()
    window.page.wait_for_url("**/user/**")
    window.open("/hub/home")
    expect(window.page.locator("main")).not_to_contain_text("failed")


def test_a_start_can_be_cancelled_and_begun_again(
    hub: Hub, member: str, open_window: OpenWindow
) -> None:
    hub.write("start.json", {"hold": True})
    window = open_window(hub.url).log_in(member, PASSWORD).start()
    window.page.click("#cancel")
    expect(window.page.locator("h1")).to_have_text("Your lab is not running")
    expect(window.page.locator("main")).not_to_contain_text("failed")
    hub.write("start.json", None)
    window.start()
    window.page.wait_for_url("**/user/**")


def test_a_share_that_goes_away_is_told_once_and_the_choice_stays(
    hub: Hub, member: str, open_window: OpenWindow
) -> None:
    window = open_window(hub.url).log_in(member, PASSWORD).open("/hub/spawn")
    page = window.page
    (hub.folder / "away-leem").write_text("the file server nas does not answer")
    page.check("input[value='agfalta_tools:1.1']")
    page.click("button[type=submit]")
    expect(page.get_by_role("alert")).to_have_text(
        "leem (/mnt/leem) is away: the file server nas does not answer."
    )
    assert page.content().count("is away") == 1
    assert window.chosen() == "agfalta_tools:1.1"
    page.click("button[type=submit]")
    assert page.evaluate("document.activeElement.name") == "without", "the browser asks for it"
    page.get_by_label("Start without leem").check()
    page.click("button[type=submit]")
    page.wait_for_url("**/user/**")


def test_an_announcement_is_on_every_page_at_once_and_is_text(
    hub: Hub, member: str, open_window: OpenWindow
) -> None:
    window = open_window(hub.url).log_in(member, PASSWORD)
    outside = open_window(hub.url)
    said = {"text": "update at 17:00 <img src=x onerror=alert(1)>", "since": "2026-11-23T16:00Z"}
    hub.write("announcement.json", said)
    for path in ("/hub/home", "/hub/spawn", "/hub/nothing", "/hub/token"):
        band = window.open(path).page.get_by_role("complementary", name="Announcement")
        expect(band).to_contain_text(said["text"])
    expect(outside.open("/hub/login").page.locator("aside")).to_contain_text(said["text"])
    hub.write("announcement.json", None)
    expect(outside.open("/hub/login").page.locator("aside")).to_have_count(0)


@pytest.fixture(params=VIEWS)
def window(hub: Hub, open_window: OpenWindow, request: pytest.FixtureRequest) -> Window:
    return open_window(hub.url, **request.param)


@pytest.fixture
def look(window: Window, axe: str, request: pytest.FixtureRequest) -> Callable[[], None]:
    """Return what looks at a page: it fits, has the reader's colours, and is for everybody."""
    theme = "dark" if "dark" in request.node.callspec.id else "light"

    def look() -> None:
        window.require_theme(theme)
        window.require_fitting()
        window.require_accessible(axe)

    return look


def test_every_page_before_the_first_lab_is_for_everybody(
    hub: Hub, member: str, window: Window, look: Callable[[], None]
) -> None:
    window.open("/hub/login")
    look()
    window.log_in(member, "x")
    look()
    hub.invite(member, ONE_TIME)
    window.log_in(member, ONE_TIME)
    look()
    window.change_password("a mistake", PASSWORD)
    look()
    window.change_password(ONE_TIME, PASSWORD)
    for path in ("/hub/auth/change-password", "/hub/auth/change-password?changed"):
        window.open(path)
        look()
    window.open("/hub/logout")
    look()


def test_every_page_around_a_lab_is_for_everybody(
    hub: Hub, member: str, window: Window, look: Callable[[], None]
) -> None:
    page = window.page
    hub.write("announcement.json", {"text": "update at 17:00", "since": "2026-11-23T16:00Z"})
    window.log_in(member, PASSWORD)
    (hub.folder / "away-leem").write_text("the file server nas does not answer")
    for path in ("/hub/spawn", "/hub/home", "/hub/nothing", "/hub/error/503"):
        window.open(path)
        look()
    window.open("/hub/spawn").page.click("summary")
    look()
    page.get_by_label("Start without leem").check()
    hub.write("start.json", {"hold": True})
    page.click("button[type=submit]")
    expect(page.locator("#steps li").nth(2)).to_be_visible()
    look()
    hub.write("start.json", None)
    page.wait_for_url("**/user/**")
    window.open("/hub/home").page.click("#stop")
    look()
    page.click("#stop-now")
    expect(page.locator("h1")).to_have_text("Your lab is not running")
    look()
    window.open(f"/hub/user/{member}/lab")
    look()


def test_the_theme_can_be_chosen_and_stays(hub: Hub, member: str, open_window: OpenWindow) -> None:
    window = open_window(hub.url).log_in(member, PASSWORD)
    window.page.click("#dark-theme-toggle")
    window.open("/hub/home")
    assert window.page.get_attribute("html", "data-bs-theme") == "dark"


def test_an_empty_registry_and_one_that_is_down(
    tmp_path: Path, open_window: OpenWindow, axe: str
) -> None:
    (tmp_path / "hub").mkdir()
    with running_registry(tmp_path) as registry, running_lab_hub(tmp_path / "hub", registry) as hub:
        hub.add("alice")
        window = open_window(hub.url).log_in("alice", PASSWORD).open("/hub/spawn")
        expect(window.page.get_by_role("alert")).to_contain_text("inv push --tag 1.2")
        assert window.page.locator("button[type=submit]").count() == 0
        window.require_accessible(axe)
        publish(registry, "agfalta_tools", "1.2", {})
        window.page.get_by_role("link", name="Try again").click()
        expect(window.page.get_by_role("button", name="Start my lab")).to_be_visible()
        window.open("/hub/home")
    with running_lab_hub(tmp_path / "hub", "http://127.0.0.1:1") as hub:
        window = open_window(hub.url).log_in("alice", PASSWORD).open("/hub/spawn")
        expect(window.page.get_by_role("alert")).to_contain_text("registry does not answer")
        window.require_accessible(axe)
