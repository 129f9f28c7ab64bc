"""The order of images and tags, and the page that shows them."""

from labhub.catalogue import Repository, make_catalogue, newest, references
from labhub.form import render_down, render_form

FOUND = {
    "zebra": ["1"],
    "agfalta_tools": ["1.2", "1.10", "latest", "1.10rc1", "dev"],
    "atoms": ["2"],
    "gone": None,
    "empty": [],
}
CATALOGUE = make_catalogue(FOUND, "agfalta_tools")


def test_the_lab_s_own_image_is_first_and_the_newest_tag_on_top() -> None:
    assert (
        Repository("agfalta_tools", ("latest", "1.10", "1.10rc1", "1.2", "dev")),
        Repository("atoms", ("2",)),
        Repository("zebra", ("1",)),
    ) == CATALOGUE


def test_trap_21_a_repository_without_tags_is_left_out() -> None:
    assert make_catalogue({"gone": None}, "gone") == ()
    assert newest(CATALOGUE, "gone") is None


def test_every_choice_has_one_name() -> None:
    assert references(CATALOGUE)[0] == "agfalta_tools:latest"
    assert len(references(CATALOGUE)) == 7


def test_the_newest_is_the_first_shown() -> None:
    assert newest(CATALOGUE, "agfalta_tools") == "agfalta_tools:latest"


def test_the_form_offers_every_choice_and_has_chosen_the_first() -> None:
    page = render_form(CATALOGUE, "agfalta_tools")
    positions = [page.index(f'value="{reference}"') for reference in references(CATALOGUE)]
    assert positions == sorted(positions)
    assert page.count("checked") == 1
    assert 'value="agfalta_tools:latest" checked' in page
    assert page.count("<legend") == 3


def test_what_is_shown_is_escaped() -> None:
    page = render_form((Repository('a"><script>', ("1",)),), "a")
    assert "<script>" not in page


def test_an_empty_registry_shows_what_the_operator_types() -> None:
    page = render_form((), "agfalta_tools")
    assert "inv push --tag 1.2" in page
    assert "submit" not in page


def test_a_registry_that_is_down_shows_no_choice() -> None:
    assert "does not answer" in render_down()
    assert "submit" not in render_down()
