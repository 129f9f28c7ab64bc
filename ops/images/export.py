"""The analysis package at a tag, as a clean folder: what the lab image is built from."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from packaging.version import InvalidVersion, Version

from ops.errors import SourceError
from ops.images import git
from ops.images.clone import clone
from ops.images.source import GitSource, PypiSource, Source
from ops.names import tag_key


@dataclass(frozen=True)
class Export:
    """A folder with the package's files, and the git commit (empty for PyPI) they are of."""

    folder: Path
    revision: str


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
