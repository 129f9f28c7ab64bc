"""The order of images and tags."""

from labhub.catalogue import Repository, make_catalogue, newest, references

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
