"""The hub's own pages, rendered over JupyterHub's as the hub does it."""

import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from jinja2 import ChoiceLoader, Environment, FileSystemLoader, PrefixLoader
from labhub.announcement import Announcement

TEMPLATES = Path(__file__).parents[2] / "compose" / "hub" / "templates"
OWN = FileSystemLoader(TEMPLATES)
STOCK = FileSystemLoader(Path(sys.prefix) / "share" / "jupyterhub" / "templates")
PAGES = sorted(path.name for path in TEMPLATES.glob("*.html"))
INNER = {"fields.html", "versions.html", "no_versions.html", "registry_down.html"}
LAB = SimpleNamespace(
    pending=False,
    active=False,
    user_options={"image": "tools:1.2"},
    orm_spawner=SimpleNamespace(started=datetime(2026, 11, 23, 8)),
    summary="4 GB of memory · stops after 30 minutes",
    last_failure="",
    user=SimpleNamespace(name="alice", escaped_name="alice"),
)
ALICE = SimpleNamespace(name="alice", escaped_name="alice", json_escaped_name="alice", spawner=LAB)


@pytest.fixture
def pages() -> Environment:
    loader = ChoiceLoader([PrefixLoader({"templates": STOCK}), OWN, STOCK])
    pages = Environment(loader=loader, autoescape=True)
    pages.globals |= {
        "static_url": lambda path, **_: f"/hub/static/{path}",
        "lab_name": "LEEM <lab>",
        "lab_contact": "Karl <room 2>",
        "base_url": "/hub/",
        "parsed_scopes": {},
    }
    return pages


def render(pages: Environment, name: str, **values: object) -> str:
    known = {
        "authenticator": SimpleNamespace(min_password_length=8),
        "user": ALICE,
        "default_server": LAB,
        "spawner": LAB,
        "progress_url": "/hub/api/users/alice/server/progress",
        "status_code": 404,
        "url": "/hub/spawn?_xsrf=t",
        "spawn_url": "/hub/spawn/alice",
        "spawner_options_form": "<input name=image>",
        "problems": {},
        "differs": "Type it again.",
        "xsrf_token": "t",
    }
    return pages.get_template(name).render(**{**known, **values})


def lab(**values: object) -> dict[str, object]:
    return {"default_server": SimpleNamespace(**{**vars(LAB), **values})}


def test_the_login_page_says_which_lab_and_what_to_do_first(pages: Environment) -> None:
    page = render(pages, "login.html", user=None, login_error="Wrong <b>", xsrf="t")
    assert "LEEM &lt;lab&gt;" in page
    assert "becomes yours" in page
    assert "Wrong &lt;b&gt;" in page
    assert 'name="_xsrf" value="t"' in page


def test_the_spawn_page_shows_the_form_and_the_error(pages: Environment) -> None:
    page = render(pages, "spawn.html", error_message="There is no <image>")
    assert "<input name=image>" in page
    assert "There is no &lt;image&gt;" in page


@pytest.mark.parametrize("name", [name for name in PAGES if name not in INNER])
def test_every_page_is_the_lab_s_own_says_whom_to_ask_and_what_is_announced(
    pages: Environment, name: str
) -> None:
    said = Announcement("update <b>17:00</b>", datetime(2026, 11, 23, 16, tzinfo=UTC))
    page = render(pages, name, announcement=said)
    assert re.search(r"<title>[^<]*LEEM &lt;lab&gt;</title>", page)
    assert "Questions? Ask Karl &lt;room 2&gt;." in page
    assert "update &lt;b&gt;17:00&lt;/b&gt;" in page and "<b>17:00" not in page
    assert 'datetime="2026-11-23T16:00:00+00:00"' in page
    assert 'lab-announcement"' not in render(pages, name, announcement=None)
    assert not re.search(r'(?:src|href)="(?:https?:)?//', page), "nothing comes from elsewhere"
    assert "@import" not in page and not re.search(r"url\((?![\"']?data:)", page)
    if name != "page.html":
        assert page.count("<main") == 1 and page.count("<h1") == 1


def test_home_says_what_runs_since_when_and_what_it_may_take(pages: Environment) -> None:
    page = render(pages, "home.html", **lab(active=True))
    assert "tools 1.2" in page and "2026-11-23T08:00:00Z" in page
    assert (
        "4 GB of memory · stops after 30 minutes." in page
        and "Open my lab" in page
        and 'id="stop"' in page
    )
    assert "auth/change-password" in page


def test_home_says_why_the_last_start_failed(pages: Environment) -> None:
    page = render(pages, "home.html", **lab(last_failure="The disk <is> full."))
    assert "The last start failed. The disk &lt;is&gt; full." in page
    assert "failed" not in render(pages, "home.html", **lab())


def test_home_says_why_a_lab_ended_that_nobody_stopped(pages: Environment) -> None:
    page = render(pages, "home.html", **lab(last_end="Your lab had taken <all>."))
    assert "Your lab had taken &lt;all&gt;." in page
    both = lab(last_end="It ended.", last_failure="The disk is full.")
    assert "It ended." not in render(pages, "home.html", **both), "what came last is said"
    assert "It ended." not in render(pages, "home.html", **lab(active=True, last_end="It ended."))


def test_home_follows_a_start_and_a_stop(pages: Environment) -> None:
    assert "spawn-pending/alice" in render(pages, "home.html", **lab(pending="spawn", active=True))
    page = render(pages, "home.html", **lab(pending="stop", active=True))
    assert "is stopping" in page and "Open my lab" not in page


def test_a_failed_start_says_why(pages: Environment) -> None:
    LAB.last_failure = "The <disk> is full."
    try:
        page = render(pages, "not_running.html", failed=True)
    finally:
        LAB.last_failure = ""
    assert "The &lt;disk&gt; is full." in page
    assert "failed" not in render(pages, "not_running.html", failed=False).lower()


@pytest.mark.parametrize(
    ("status", "title"), [(403, "not for you"), (404, "nothing here"), (418, "did not work"),
                          (502, "went wrong"), (503, "cannot be reached")],
)  # fmt: skip
def test_an_error_is_a_sentence(pages: Environment, status: int, title: str) -> None:
    page = render(pages, "error.html", status_code=status, message="<why>", status_message="x")
    assert title in re.sub(r"<title>.*</title>", "", page)
    assert ("&lt;why&gt;" in page) == (status != 404)
    render(pages, "error.html", status_code=status, user=None)
