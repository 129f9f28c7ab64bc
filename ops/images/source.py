"""The analysis package at a tag, as a clean folder: what the lab image is built from."""

import os
import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from urllib.parse import urlsplit

from packaging.version import InvalidVersion, Version

from ops.errors import SourceError
from ops.hashing import digest
from ops.images import git
from ops.images.clone import clone
from ops.names import tag_key

_FORMS = "a git URL (https://…/x.git, git@host:x.git), the folder of a checkout, or pypi:NAME"
_SCHEMES = ("https", "http", "ssh", "file")
_PYPI_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?", re.ASCII)
_EXTRAS = re.compile(r"(.+)\[([A-Za-z0-9][\w.-]*(?:\s*,\s*[A-Za-z0-9][\w.-]*)*)\]", re.ASCII)
_SUBFOLDER = re.compile(r"subdirectory=(/?[\w.-]+(?:/[\w.-]+)*/?)", re.ASCII)
_SCP_FORM = re.compile(r"[A-Za-z0-9_][\w.-]*@[A-Za-z0-9][\w.-]*:(?!-)[^\s:]+", re.ASCII)


@dataclass(frozen=True)
class GitSource:
    """A git repository: a URL, or the absolute path of one on this machine.

    `subfolder` is where in it the package stands, `extras` are those that labs get with it.
    """

    url: str
    subfolder: str = ""
    extras: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.url


@dataclass(frozen=True)
class PypiSource:
    """A package on PyPI, its versions being the tags."""

    name: str
    extras: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"pypi:{self.name}"


Source = GitSource | PypiSource


@dataclass(frozen=True)
class Export:
    """A folder with the package's files, and the git commit (empty for PyPI) they are of."""

    folder: Path
    revision: str


def parse_source(text: str) -> Source:
    """Read AGFALTA_TOOLS_SOURCE; a ValueError says in one sentence what it should be."""
    text = text.strip()
    if not text:
        raise ValueError(f"should be {_FORMS}, but is empty")
    if text.startswith("-"):
        raise ValueError(f"should be {_FORMS}; it cannot begin with '-'")
    text, extras = _without_extras(text)
    if text.startswith("pypi:"):
        return _pypi(text.removeprefix("pypi:"), extras)
    fragment = ""
    if not Path(text).expanduser().is_dir():  # whose name may have a # in it
        text, _, fragment = text.partition("#")
    subfolder = _subfolder(fragment) if fragment else ""
    if "://" in text:
        return GitSource(_checked_url(text), subfolder, extras)
    if _SCP_FORM.fullmatch(text):
        return GitSource(text, subfolder, extras)
    return GitSource(str(_checkout(text)), subfolder, extras)


def _without_extras(text: str) -> tuple[str, tuple[str, ...]]:
    found = _EXTRAS.fullmatch(text)
    if found is None:
        return text, ()
    return found[1].strip(), tuple(sorted(extra.strip() for extra in found[2].split(",")))


def _subfolder(fragment: str) -> str:
    found = _SUBFOLDER.fullmatch(fragment)
    if found is None or ".." in found[1].split("/"):
        raise ValueError(f"should have #subdirectory=FOLDER behind it, or nothing, not #{fragment}")
    return found[1].strip("/")


def _pypi(name: str, extras: tuple[str, ...]) -> PypiSource:
    if not _PYPI_NAME.fullmatch(name):
        raise ValueError(f"pypi:NAME wants the plain name of a package, not {name!r}")
    return PypiSource(name, extras)


def _checked_url(text: str) -> str:
    try:
        parts = urlsplit(text)
    except ValueError as error:
        raise ValueError(f"is not a URL: {error}") from None
    if parts.password is not None:
        # Never shown again, and this message does not hold it either.
        raise ValueError("should not hold a password: use an SSH key or git's credential helper")
    if parts.scheme not in _SCHEMES:
        raise ValueError(f"should begin with one of {', '.join(_SCHEMES)}, not {parts.scheme!r}")
    if re.search(r"[\s\x00-\x1f]", text) or parts.netloc.startswith("-"):
        raise ValueError("should be a URL without spaces, its host beginning with a letter")
    host = parts.hostname or ""
    if parts.scheme != "file" and not re.match(r"[A-Za-z0-9\[:]", host):
        raise ValueError(f"should name a host after {parts.scheme}://")
    if not parts.path.strip("/"):
        raise ValueError("should name a repository after the host")
    return text


def _checkout(text: str) -> Path:
    folder = Path(text).expanduser().absolute()
    if not folder.is_dir():
        raise ValueError(f"should be {_FORMS}; there is no folder {folder}")
    is_bare = (folder / "HEAD").is_file() and (folder / "objects").is_dir()
    if not is_bare and not (folder / ".git").exists():
        raise ValueError(f"{folder} is not a git repository (git init, commit and tag it first)")
    return folder


def export(
    source: Source, tag: str, into: Path, cache: Path, without: Sequence[str] = ()
) -> Export:
    """Bring the package at a tag into an empty folder; mirrors of repositories stay in `cache`.

    `without` names submodules that are left out.
    """
    into.mkdir(parents=True, exist_ok=True)
    if any(into.iterdir()):
        raise SourceError(f"{into} is not empty")
    if isinstance(source, PypiSource):
        (into / "requirement.txt").write_text(f"{source.name}=={_release(source, tag)}\n")
        return Export(into, "")
    mirror = git.fetch_tags(source.url, cache)
    existing = git.tags(mirror)
    if tag not in existing:
        raise SourceError(_missing(source, tag, existing))
    clone(mirror, source.url, tag, into, without)
    if not (into / source.subfolder).is_dir():
        raise SourceError(f"{source} at {tag} has no folder {source.subfolder}")
    return Export(into, git.commit_of(mirror, tag))


def _release(source: PypiSource, tag: str) -> Version:
    if not _is_version(tag):
        raise SourceError(f"{tag!r} is not a version, which {source} needs (such as 1.2)")
    return Version(tag)


def _missing(source: GitSource, tag: str, existing: list[str]) -> str:
    problem = f"tag {tag} does not exist in {source}"
    if not existing:
        return f"{problem}, which has no tags: git tag {tag}, then git push --tags"
    nearest = ", ".join(nearest_tags(tag, existing))
    return f"{problem}; nearest: {nearest}; all tags: git ls-remote --tags {source}"


def nearest_tags(tag: str, existing: list[str], count: int = 3) -> list[str]:
    """Return the tags that somebody who typed `tag` may have meant, the likeliest first."""
    # Only `v1.2` where 1.2 was asked for, or the other way round.
    same = [name for name in existing if name.lstrip("vV") == tag.lstrip("vV")]
    ordered = sorted(existing, key=tag_key)
    if _is_version(tag):
        place = bisect_left(ordered, tag_key(tag), key=tag_key)
        below, above = ordered[:place][::-1], ordered[place:]
        likely = below[:2] + above[:1] + below + above
    else:
        likely = get_close_matches(tag, existing, count) + ordered[::-1]
    return list(dict.fromkeys(same + likely))[:count]


def _is_version(tag: str) -> bool:
    try:
        Version(tag)
    except InvalidVersion:
        return False
    return True


def tree_hash(folder: Path) -> str:
    """Return the digest of a folder's files: their paths, executable bits and contents."""
    parts: list[str | bytes] = []
    for path in sorted(folder.rglob("*"), key=lambda path: path.relative_to(folder).as_posix()):
        name = path.relative_to(folder)
        # Of a repository its commit counts, not how it is packed: a history is not even read.
        if {"__pycache__", ".git"} & set(name.parts):
            continue
        kind, content = _identity(path)
        if kind:
            parts += [kind, os.fsencode(name), content]
    return digest(*parts)


def _identity(path: Path) -> tuple[str, bytes]:
    if path.is_symlink():
        return "link", os.fsencode(path.readlink())
    if path.is_file():
        is_executable = path.stat().st_mode & 0o100
        return ("program" if is_executable else "file"), path.read_bytes()
    return "", b""
