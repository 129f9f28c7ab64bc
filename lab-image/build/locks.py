"""Requirements files as text: what they pin, and what is asked of a repository."""

import re
from collections.abc import Iterator, Mapping

from pip._vendor.packaging.markers import Marker
from pip._vendor.packaging.requirements import Requirement
from pip._vendor.packaging.utils import canonicalize_name

_ASKED = "  # asked for as "


def pins(text: str) -> dict[str, str]:
    """Return the entries of a requirements file that hold here, by the names of their packages.

    Their hashes are part of them, their markers are not.
    """
    entries = re.split(r"^(?=[A-Za-z0-9])", text, flags=re.MULTILINE)
    found = {}
    for entry in map(str.strip, entries):
        marker = re.search(r" ; ([^\\\n]*)", entry)
        if entry and entry[0] != "#" and (marker is None or Marker(marker[1]).evaluate()):
            plain = re.sub(r" ; [^\\\n]*(?=\s\\|$)|\n\s*#.*", "", entry).strip()
            found[re.split(r"==| @ |\[", plain)[0].strip()] = plain
    return found


def version(entry: str) -> str:
    """Return the version of an entry, or where it comes from."""
    return re.split(r"==| @ ", entry.split(" \\")[0])[1].split()[0]


def asked_of_git(requirements: str) -> dict[str, str]:
    """Return what is to come from a repository, as it is asked for, by its name."""
    lines = (re.sub(r"(^|\s)#.*", "", line).strip() for line in requirements.splitlines())
    found = (Requirement(line) for line in lines if line)
    return {canonicalize_name(it.name): str(it) for it in found if (it.url or "").startswith("git")}


def remember(entries: list[str], asked: Mapping[str, str]) -> list[str]:
    """Return what came from repositories with how it was asked for."""
    return [f"{it}{_ASKED}{asked.get(it.partition(' @ ')[0], '')}" for it in entries]


def again(remembered: str, asked: Mapping[str, str]) -> Iterator[str]:
    """Yield what is asked for as it was the last time, with the commit that it had."""
    for line in remembered.splitlines():
        entry, _, how = line.partition(_ASKED)
        name, _, url = entry.partition(" @ ")
        if how and asked.get(name) == how:
            kept = Requirement(how)
            kept.url, kept.marker = url, None
            yield str(kept)
