"""The version in a tag, and when `latest` moves to it: forward only, unless somebody says so."""

import re
from dataclasses import dataclass

from packaging.version import InvalidVersion, Version

_NAMED = re.compile(r"(?:[a-z][a-z_/-]*[-_/])?(?:v|rel|release|version)?(\d.*)", re.IGNORECASE)


def version_in(tag: str) -> Version | None:
    """Return the version in a tag: 1.2 of ``v1.2``, ``release-1.2`` and ``exp/1.2``."""
    named = _NAMED.fullmatch(tag)
    try:
        return Version(named[1] if named else tag)
    except InvalidVersion:
        return None


@dataclass(frozen=True)
class Named:
    """An image as `latest` may mean it; `stays` says why it is not to become that by itself.

    Work in progress never does.
    """

    tag: str
    version: Version | None
    stays: str = ""
    is_work: bool = False


def latest_after(new: Named, latest: Named | None, wanted: bool | None) -> tuple[bool, str]:
    """Tell whether `latest`, which is another image or none, becomes this one, and say it.

    `wanted` is what was asked for expressly; None leaves it to the versions.
    """
    tag, now = new.tag, latest.tag if latest else ""
    if tag == now and new.is_work:
        return False, f"latest stays what {tag} was: it {new.stays} now"
    if tag == now:
        return wanted is not False, f"latest {'was' if wanted is False else 'is'} {tag}"
    moved = f"latest is now {tag}" + (f"; it was {now}" if now else "")
    stays = f"latest stays {now}" if now else "there is no latest"
    if wanted is not None:
        return wanted, moved if wanted else stays
    if why := new.stays or (latest and _not_forward(new.version, latest.version)):
        return False, f"{stays}: {tag} {why}"
    return True, moved


def _not_forward(new: Version | None, now: Version | None) -> str | None:
    if new is None:
        return "is no version. --latest moves it"
    if new.is_prerelease and new != now:
        return "is a pre-release. --latest moves it"
    return "is older. --latest moves it" if now is not None and new < now else None
