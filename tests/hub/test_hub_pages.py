"""The hub's own pages, rendered over JupyterHub's as the hub does it."""

import re
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from jinja2 import ChoiceLoader, Environment, FileSystemLoader, PrefixLoader

OWN = FileSystemLoader(Path(__file__).parents[2] / "compose" / "hub" / "templates")
STOCK = FileSystemLoader(Path(sys.prefix) / "share" / "jupyterhub" / "templates")


@pytest.fixture
def pages() -> Environment:
    loader = ChoiceLoader([PrefixLoader({"templates": STOCK}), OWN, STOCK])
    pages = Environment(loader=loader, autoescape=True)
    pages.globals |= {
        "static_url": lambda path, **_: f"/hub/static/{path}",
        "lab_name": "LEEM <lab>",
    }
    return pages


def test_the_login_page_says_which_lab_and_what_to_do_first(pages: Environment) -> None:
    page = pages.get_template("login.html").render(
        authenticator=SimpleNamespace(min_password_length=8), login_error="Wrong <b>", xsrf="t"
    )
    assert "LEEM &lt;lab&gt;" in page
    assert "becomes yours" in page
    assert "Wrong &lt;b&gt;" in page
    assert 'name="_xsrf" value="t"' in page


def test_the_spawn_page_shows_the_form_and_the_error(pages: Environment) -> None:
    page = pages.get_template("spawn.html").render(
        spawner_options_form="<input name=image>",
        error_message="There is no <image>",
        url="/hub/spawn?_xsrf=t",
    )
    assert "<input name=image>" in page
    assert "There is no &lt;image&gt;" in page


@pytest.mark.parametrize("name", ["login.html", "spawn.html", "home.html"])
def test_no_script_or_font_comes_from_elsewhere(pages: Environment, name: str) -> None:
    page = pages.get_template(name).render(
        authenticator=SimpleNamespace(min_password_length=8), user=None, default_server=None
    )
    assert not re.search(r'(?:src|href)="(?:https?:)?//', page)
