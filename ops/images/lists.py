"""The site's own lists in `site/` beside `.env`: what its labs have more than those of all sites.

Files of the names that `lab-image/` has; those there are for all sites.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from urllib.parse import urlsplit

from ops.errors import ConfigError
from ops.hashing import is_leftover
from ops.images.source import holds_secret

_DEBIAN = re.compile(r"[a-z0-9][a-z0-9.+-]*[a-z0-9.+](:[a-z0-9-]+)?(=[\w.+:~-]+)?", re.ASCII)


def read_lists(site: Path) -> Mapping[str, str]:
    """Return the lists of a site by the names of their files; without remarks, empty where none is.

    :raises ConfigError: with every line that cannot be, and with a file that nobody would read.
    """
    problems = list(_unknown(site))
    lists = {}
    for name, problem_of in _LISTS.items():
        entries = list(_entries(site / name))
        for number, entry in entries:
            if problem := problem_of(entry):
                problems.append(f"{site.name}/{name}:{number}: {problem}")
        lists[name] = "".join(f"{entry}\n" for _, entry in entries)
    if problems:
        listed = "\n".join(f"  {problem}" for problem in problems)
        raise ConfigError(f"The lists of the lab image are not valid:\n{listed}")
    return lists


def _unknown(site: Path) -> Iterator[str]:
    for path in sorted(site.iterdir()) if site.is_dir() else ():
        nearest = get_close_matches(path.name, _LISTS, 1)
        if nearest and path.name not in _LISTS and not is_leftover(Path(path.name)):
            yield f"{site.name}/{path.name}: nothing reads it, did you mean {nearest[0]}?"


def _entries(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the lines of a list, and their numbers; remarks are left out."""
    try:
        text = path.read_text("utf-8-sig") if path.exists() else ""
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} cannot be read as text: {error}") from error
    for number, line in enumerate(text.splitlines(), 1):
        # As pip takes it: a # inside a URL begins no remark.
        if entry := re.sub(r"(^|\s)#.*", "", line).strip():
            yield number, entry


def _debian_problem(entry: str) -> str | None:
    wrong = [name for name in entry.split() if not _DEBIAN.fullmatch(name)]
    return f"{wrong[0]!r} cannot be the name of a Debian package" if wrong else None


def _python_problem(entry: str) -> str | None:
    # Only here: few tasks need it.
    from packaging.requirements import InvalidRequirement, Requirement

    if holds_secret(entry):
        # Never shown again, and this sentence does not hold it either.
        return "a password in it would stand in every lab: have it made readable to the host"
    try:
        url = urlsplit(Requirement(entry).url or "")
    except (InvalidRequirement, ValueError):
        return (
            f"{entry!r} should be a Python package, such as  lmfit>=1.3  or  "
            "name @ git+https://github.com/example/name.git"
        )
    if "file" in url.scheme or (url.path and not url.scheme):
        return f"{entry!r} is a folder of this machine, which the host does not have"
    return None


_LISTS: Mapping[str, Callable[[str], str | None]] = {
    "packages.txt": _debian_problem,
    "build-packages.txt": _debian_problem,
    "requirements.in": _python_problem,
}
