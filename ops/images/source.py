"""Where the analysis package comes from: what AGFALTA_TOOLS_SOURCE may be."""

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

_FORMS = "a git URL (https://…/x.git, git@host:x.git), the folder of a checkout, or pypi:NAME"
_SCHEMES = ("https", "http", "ssh", "file")
_PYPI_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?", re.ASCII)
_EXTRAS = re.compile(r"(.+)\[([A-Za-z0-9][\w.-]*(?:\s*,\s*[A-Za-z0-9][\w.-]*)*)\]", re.ASCII)
_SUBFOLDER = re.compile(r"subdirectory=(/?[\w.-]+(?:/[\w.-]+)*/?)", re.ASCII)
_SECRET = re.compile(
    r"[^\s/@:]*:[^\s/@]+@|https?:/*[^\s/@]+@|[?&][\w-]*(?:token|passw|secret|key)[\w-]*=", re.I
)
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


def holds_secret(text: str) -> bool:
    """Tell whether something like a URL has a password or a token in it, right as a URL or not."""
    return _SECRET.search(text) is not None


def parse_source(text: str) -> Source:
    """Read AGFALTA_TOOLS_SOURCE; a ValueError says in one sentence what it should be."""
    text = text.strip()
    if not text:
        raise ValueError(f"should be {_FORMS}, but is empty")
    if text.startswith("-"):
        raise ValueError(f"should be {_FORMS}; it cannot begin with '-'")
    if holds_secret(text):
        # Never shown again, and this message does not hold it either.
        raise ValueError(
            "should not hold a password or a token: use an SSH key, or git's credential helper "
            "(git config --global credential.helper store; git ls-remote URL asks once)"
        )
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
