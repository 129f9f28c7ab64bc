"""The analysis package at a tag or a commit, as a clean folder: what the image is built from."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from packaging.version import InvalidVersion, Version

from ops.errors import SourceError
from ops.images import mirror
from ops.images.clone import clone
from ops.images.source import GitSource, PypiSource, Source
from ops.names import tag_key


@dataclass(frozen=True)
class Export:
    """A folder with the package's files, and the git commit (empty for PyPI) they are of.

    `branch` is the one that work in progress is on, where it is on any.
    """

    folder: Path
    revision: str
    branch: str = ""


def export(
    source: Source,
    ref: str,
    into: Path,
    cache: Path,
    without: Sequence[str] = (),
    *,
    is_work: bool = False,
) -> Export:
    """Bring the package into an empty folder; mirrors of repositories stay in `cache`.

    `ref` is a tag, for work in progress a branch or a commit; `without` names submodules that are
    left out.
    """
    into.mkdir(parents=True, exist_ok=True)
    if any(into.iterdir()):
        raise SourceError(f"{into} is not empty")
    if isinstance(source, PypiSource):
        if is_work:
            raise SourceError(f"{source} has releases alone: give one by --tag")
        (into / "requirement.txt").write_text(f"{source.name}=={_release(source, ref)}\n")
        return Export(into, "")
    refs = (mirror.TAGS, mirror.BRANCHES) if is_work else (mirror.TAGS,)
    with mirror.mirror(source.url, cache, refs) as folder:
        found = (_work if is_work else _tagged)(folder, source, ref)
        at = found.commit if is_work else f"refs/tags/{ref}"
        clone(folder, source.url, at, ref, into, without)
    if not (into / source.subfolder).is_dir():
        raise SourceError(f"{source} at {ref} has no folder {source.subfolder}")
    return Export(into, found.commit, found.branch)


def _tagged(folder: Path, source: GitSource, tag: str) -> mirror.Work:
    existing = mirror.tags(folder)
    if tag not in existing:
        raise SourceError(_missing(source, tag, existing))
    return mirror.Work(mirror.commit_of(folder, tag), "")


def _work(folder: Path, source: GitSource, ref: str) -> mirror.Work:
    if found := mirror.find_work(folder, source.url, ref):
        return found
    existing = mirror.branches(folder)
    nearest = ", ".join(get_close_matches(ref, existing, 3, 0.4) or existing[:3]) or "none"
    raise SourceError(
        f"branch or commit {ref} does not exist in {source}; nearest branches: {nearest}; all: "
        f"git ls-remote --heads {source}"
    )


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
