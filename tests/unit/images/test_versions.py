"""The version in a tag, and when `latest` moves."""

import pytest
from packaging.version import Version

from ops.images.versions import latest_after, version_in


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
    assert latest_after(tag, latest, wanted) == (said.startswith("latest is "), said)
