"""What a push may be asked for, and the tag that its image then has."""

import pytest

from ops.errors import UsageError
from ops.images.wanted import Wanted, read_wanted

COMMIT = "1a2b3c4d5e6f"


@pytest.mark.parametrize(
    ("branch", "tag"),
    [
        ("main", "main-1a2b3c4"),
        ("feature/fit", "feature-fit-1a2b3c4"),
        ("überarbeitung", "berarbeitung-1a2b3c4"),
        ("a  b//c", "a-b-c-1a2b3c4"),
        (".hidden", "hidden-1a2b3c4"),
        ("修正", "1a2b3c4"),
        ("", "1a2b3c4"),
        ("x" * 200, "x" * 120 + "-1a2b3c4"),
        ("1.3", "1.3-1a2b3c4"),
    ],
)
def test_work_in_progress_is_called_after_its_branch_and_commit(branch: str, tag: str) -> None:
    assert Wanted("whatever", is_work=True).image_tag(COMMIT, branch) == tag
    assert read_wanted(tag, "", "", None).image_tag("", "") == tag, "and any image can have it"


def test_a_name_of_its_own_goes_before_all() -> None:
    assert read_wanted("exp/1.4", "", "for-anna", None).image_tag(COMMIT, "") == "for-anna"
    assert read_wanted("", "main", "for-anna", None).image_tag(COMMIT, "main") == "for-anna"
    assert str(read_wanted("exp/1.4", "", "for-anna", None).version) == "1.4"
    assert read_wanted("", "1.4", "", None).version is None, "work in progress has its own"


@pytest.mark.parametrize(
    ("tag", "ref", "own", "note", "said"),
    [
        ("", "", "", None, "Give one of the two"),
        ("1.2", "main", "", None, "Give one of the two"),
        ("exp/1.4", "", "", None, "not a valid image tag.*--as NAME"),
        ("1.2", "", "a/b", None, "not a valid image tag"),
        ("1.2", "", "latest", None, "latest is no version"),
        ("latest", "", "", None, "latest is no version"),
        ("", "--upload-pack=id", "", None, "no name that git can have"),
        ("", "a b", "", None, "no name that git can have"),
        ("", "a..b", "", None, "no name that git can have"),
        ("", "a:b", "", None, "no name that git can have"),
        ("1.2", "", "", "x" * 121, "--note should be one line"),
        ("1.2", "", "", "a\x07b", "--note should be one line"),
        ("1.2", "", "", "from https://me:hunter2@h/x", "holds a password"),
    ],
)
def test_what_cannot_be_is_one_sentence(
    tag: str, ref: str, own: str, note: str | None, said: str
) -> None:
    with pytest.raises(UsageError, match=said) as error:
        read_wanted(tag, ref, own, note)
    assert "hunter2" not in str(error.value)


def test_a_note_is_one_line() -> None:
    assert read_wanted("1.2", "", "", " new\n dispersion  fit ").note == "new dispersion fit"
    assert read_wanted("1.2", "", "", "").note == "", "which takes away the one there is"
