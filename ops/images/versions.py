"""The version in a tag, and when `latest` moves to it: forward only, unless somebody says so."""

import re

from packaging.version import InvalidVersion, Version

_NAMED = re.compile(r"(?:[a-z][a-z_-]*[-_])?(?:v|rel|release|version)?(\d.*)", re.IGNORECASE)


def version_in(tag: str) -> Version | None:
    """Return the version in a tag: 1.2 of ``v1.2``, ``release-1.2`` and ``agfalta-1.2``."""
    named = _NAMED.fullmatch(tag)
    try:
        return Version(named[1] if named else tag)
    except InvalidVersion:
        return None


def latest_after(tag: str, latest: str | None, wanted: bool | None) -> tuple[bool, str]:
    """Tell whether `latest`, which is another tag or none, becomes this one, and say it.

    `wanted` is what was asked for expressly; None leaves it to the versions.
    """
    if tag == latest:
        return wanted is not False, f"latest {'was' if wanted is False else 'is'} {tag}"
    moved = f"latest is now {tag}" + (f"; it was {latest}" if latest else "")
    if wanted or (wanted is None and latest is None):
        return True, moved
    stays = f"latest stays {latest}" if latest else "there is no latest"
    if wanted is False:
        return False, stays
    if why := _not_forward(version_in(tag), version_in(latest or "")):
        return False, f"{stays}: {tag} {why}. --latest moves it"
    return True, moved


def _not_forward(new: Version | None, now: Version | None) -> str | None:
    if new is None:
        return "is no version"
    if new.is_prerelease and new != now:
        return "is a pre-release"
    return "is older" if now is not None and new < now else None
