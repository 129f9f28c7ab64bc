"""The order of images and tags, and the page that shows them."""

from labhub.catalogue import Catalogue, Version, make_catalogue, newest, references
from labhub.form import render_down, render_form
from labhub.labels import CREATED, NOTE, TAG, WORK

FOUND = {
    "zebra": ["1"],
    "agfalta_tools": ["1.2", "1.10", "latest", "1.10rc1", "dev"],
    "atoms": ["2"],
    "gone": None,
    "empty": [],
}


def catalogue(found: dict[str, list[str] | None]) -> Catalogue:
    versions = {
        name: None if tags is None else [Version(tag) for tag in tags]
        for name, tags in found.items()
    }
    return make_catalogue(versions, "agfalta_tools")


CATALOGUE = catalogue(FOUND)


def test_the_lab_s_own_image_is_first_and_the_newest_tag_on_top() -> None:
    assert [(image.name, image.tags) for image in CATALOGUE] == [
        ("agfalta_tools", ("latest", "1.10", "1.10rc1", "1.2", "dev")),
        ("atoms", ("2",)),
        ("zebra", ("1",)),
    ]


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
    evil = 'a"><script>'
    labels = {NOTE: evil, WORK: evil, TAG: evil}
    versions = [Version(tag, labels) for tag in ("1", "latest", evil)]
    page = render_form(make_catalogue({evil: versions}, evil), "a")
    assert "<script>" not in page and page.count("a&quot;&gt;&lt;script&gt;") >= 7


def test_work_in_progress_stands_below_the_releases_and_is_marked() -> None:
    made = {day: {CREATED: f"2026-11-{day}", WORK: "feature/fit"} for day in ("01", "02")}
    found = [
        Version("feature-fit-zz00000", made["01"]),
        Version("1.3-1234567", made["02"]),
        Version("latest", {TAG: "1.2"}),
        Version("1.2", {NOTE: "new dispersion fit"}),
        Version("1.1"),
    ]
    image = make_catalogue({"x": found}, "x")
    assert image[0].tags == ("latest", "1.2", "1.1", "1.3-1234567", "feature-fit-zz00000")
    latest, newest_one, old, *work = render_form(image, "x").split("<label")[1:]
    assert "is 1.2" in latest and "checked" in latest
    assert "newest" in newest_one and "new dispersion fit" in newest_one
    assert "badge" not in old
    assert all("work in progress" in one and "newest" not in one for one in work)


def test_with_work_in_progress_alone_there_is_something_to_choose() -> None:
    image = make_catalogue({"x": [Version("main-1a2b3c4", {WORK: "main"})]}, "x")
    assert 'value="x:main-1a2b3c4" checked' in render_form(image, "x")


def test_an_empty_registry_shows_what_the_operator_types() -> None:
    page = render_form((), "agfalta_tools")
    assert "inv push --tag 1.2" in page
    assert "submit" not in page


def test_a_registry_that_is_down_shows_no_choice() -> None:
    assert "does not answer" in render_down()
    assert "submit" not in render_down()
