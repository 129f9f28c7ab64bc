"""The version in a tag, and when `latest` moves."""

import pytest
from packaging.version import Version

from ops.images.versions import Named, latest_after, version_in


@pytest.mark.parametrize(
    ("tag", "version"),
    [
        ("1.2", "1.2"),
        ("v1.2", "1.2"),
        ("V1.2.0", "1.2.0"),
        ("release-1.2", "1.2"),
        ("release-v1.2rc1", "1.2rc1"),
        ("Release1.2", "1.2"),
        ("agfalta-1.2", "1.2"),
        ("agfalta_tools-1.2", "1.2"),
        ("lab-image-2026.11", "2026.11"),
        ("exp/1.4", "1.4"),
        ("2024-12-01", None),
        ("1.2-debian-12", None),
        ("1.3-1234567", "1.3.post1234567"),
        ("nightly", None),
        ("feature-fit", None),
        ("", None),
        ("latest", None),
    ],
)
def test_the_version_in_a_tag(tag: str, version: str | None) -> None:
    assert version_in(tag) == (Version(version) if version else None)


@pytest.mark.parametrize(
    ("tag", "latest", "wanted", "said"),
    [
        ("1.2", None, None, "latest is now 1.2"),
        ("nightly", None, None, "latest is now nightly"),
        ("1.2", None, False, "there is no latest"),
        ("1.3", "1.2", None, "latest is now 1.3; it was 1.2"),
        ("1.10", "1.9", None, "latest is now 1.10; it was 1.9"),
        ("v1.2", "1.2", None, "latest is now v1.2; it was 1.2"),
        ("1.2", "nightly", None, "latest is now 1.2; it was nightly"),
        ("0.9", "1.2", None, "latest stays 1.2: 0.9 is older. --latest moves it"),
        ("1.3rc1", "1.2", None, "latest stays 1.2: 1.3rc1 is a pre-release. --latest moves it"),
        ("v1.3rc1", "1.3rc1", None, "latest is now v1.3rc1; it was 1.3rc1"),
        ("nightly", "nightly", None, "latest is nightly"),
        ("1.2", "1.2", False, "latest was 1.2"),
        ("nightly", "1.2", None, "latest stays 1.2: nightly is no version. --latest moves it"),
        ("0.9", "1.2", True, "latest is now 0.9; it was 1.2"),
        ("1.3", "1.2", False, "latest stays 1.2"),
    ],
)
def test_latest_moves_forward_or_when_it_is_told_to(
    tag: str, latest: str | None, wanted: bool | None, said: str
) -> None:
    now = named(latest) if latest else None
    assert latest_after(named(tag), now, wanted) == (said.startswith("latest is "), said)


def named(tag: str) -> Named:
    return Named(tag, version_in(tag))


@pytest.mark.parametrize(
    ("latest", "wanted", "said"),
    [
        (None, None, "there is no latest: stable has a name of its own"),
        ("1.2", None, "latest stays 1.2: stable has a name of its own"),
        ("1.2", True, "latest is now stable; it was 1.2"),
        ("1.2", False, "latest stays 1.2"),
        ("stable", None, "latest is stable"),
    ],
)
def test_latest_does_not_become_by_itself_what_is_not_to(
    latest: str | None, wanted: bool | None, said: str
) -> None:
    new = Named("stable", Version("1.3"), "has a name of its own")
    now = named(latest) if latest else None
    assert latest_after(new, now, wanted) == (said.startswith("latest is "), said)


def test_what_has_a_name_of_its_own_is_ordered_by_its_version() -> None:
    now = Named("stable", Version("1.3"))
    assert latest_after(named("1.2"), now, None)[1].startswith("latest stays stable: 1.2 is older")
    assert latest_after(named("1.4"), now, None) == (True, "latest is now 1.4; it was stable")


def test_latest_is_never_work_in_progress_even_under_the_tag_that_it_is() -> None:
    work = Named("1.2", None, "is work in progress", is_work=True)
    said = "latest stays what 1.2 was: it is work in progress now"
    assert latest_after(work, named("1.2"), None) == (False, said)
    assert latest_after(work, named("1.2"), True) == (False, said)
