"""A mirror of a repository on the laptop: its tags, and its branches once one is asked for.

The operator's own checkout is only ever fetched from: no work tree, index or branch of it is
written, and no file of it read, so uncommitted work cannot leak into an image.
"""

import fcntl
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path, PurePosixPath

from ops import console
from ops.errors import SourceError
from ops.images.git import TIMEOUT, SourceTimeoutError, git

TAGS = "+refs/tags/*:refs/tags/*"
# Where no clone takes them along: in that of a release no branch has anything to do.
_WORK = "refs/labhub/heads"
BRANCHES = f"+refs/heads/*:{_WORK}/*"
_SHA = re.compile(r"[0-9a-f]{4,64}")
_WHOLE_SHA = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


@dataclass(frozen=True)
class Work:
    """A commit that may have no tag, and the branch that it is on; "" for none."""

    commit: str
    branch: str


@contextmanager
def mirror(
    url: str, cache: Path, refs: Sequence[str] = (TAGS,), timeout: float = TIMEOUT
) -> Iterator[Path]:
    """Bring the mirror of a repository up to date, and yield its folder.

    Nobody changes it meanwhile. What was moved or deleted follows. A mirror that cannot be updated
    (a lock or a broken file that a crash left) is made anew, beside the old one; an error is that
    of the new one.
    """
    slug = re.sub(r"[^A-Za-z0-9_.-]", "", PurePosixPath(url).name)
    folder = cache / f"{slug}-{sha256(url.encode()).hexdigest()[:12]}.git"
    cache.mkdir(parents=True, exist_ok=True)
    with folder.with_suffix(".lock").open("w") as lock:
        # The first fetches of two would collide, and one is not to see what the other takes away.
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            console.say(f"… another push reads {url}")
            fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder.is_dir() and _is_fetched(folder, url, refs, timeout)):
            _make(folder, url, refs, timeout)
        yield folder


def _make(folder: Path, url: str, refs: Sequence[str], timeout: float) -> None:
    partial = folder.with_suffix(".partial")
    shutil.rmtree(partial, ignore_errors=True)
    git("init", "--quiet", "--bare", "--template=", str(partial), url=url)
    _fetch(partial, url, refs, timeout)
    shutil.rmtree(folder, ignore_errors=True)
    partial.rename(folder)


def _is_fetched(folder: Path, url: str, refs: Sequence[str], timeout: float) -> bool:
    try:
        _fetch(folder, url, refs, timeout)
    except SourceTimeoutError:
        raise
    except SourceError:
        return False
    return True


def _fetch(folder: Path, url: str, refs: Sequence[str], timeout: float = TIMEOUT) -> None:
    options = ("--quiet", "--prune", "--force", "--update-shallow", "--no-recurse-submodules")
    git("fetch", *options, "--", url, *refs, folder=folder, url=url, timeout=timeout)


def tags(folder: Path) -> list[str]:
    """Return the names of all tags in a mirror."""
    return _names(folder, "refs/tags")


def branches(folder: Path) -> list[str]:
    """Return the names of all branches in a mirror that was brought up to date with them."""
    return _names(folder, _WORK, strip=3)


def _names(folder: Path, *which: str, strip: int = 2) -> list[str]:
    names = git("for-each-ref", f"--format=%(refname:strip={strip})", *which, folder=folder)
    return names.decode(errors="replace").splitlines()


def commit_of(folder: Path, tag: str) -> str:
    """Return the commit that an existing tag, annotated or not, stands for."""
    if commit := _commit(folder, f"refs/tags/{tag}"):
        return commit
    raise SourceError(f"the tag {tag} stands for no commit")


def find_work(folder: Path, url: str, ref: str) -> Work | None:
    """Find a branch, a tag or a commit (``main``, ``fit~2``, ``1a2b3c4``); None where it is none.

    ``HEAD`` is the branch that the repository stands on.
    """
    name, steps = re.fullmatch(r"(.+?)((?:[~^]\d*)*)", ref).groups()  # type: ignore[union-attr]
    if name == "HEAD":
        name = _head(url)
    # Of a branch itself its name counts, though others may be at the same commit.
    if commit := _commit(folder, f"{_WORK}/{name}{steps}"):
        return Work(commit, name)
    commit = _commit(folder, f"refs/tags/{name}{steps}")
    if not commit and _SHA.fullmatch(name.lower()):
        found = _commit(folder, name) or _fetched_commit(folder, url, name.lower())
        commit = _commit(folder, f"{found}{steps}") if found else ""
    return Work(commit, _branch_with(folder, url, commit)) if commit else None


def _head(url: str) -> str:
    said = git("ls-remote", "--symref", "--", url, "HEAD", url=url).decode(errors="replace")
    found = re.search(r"^ref: refs/heads/(.+)\tHEAD$|^([0-9a-f]+)\tHEAD$", said, re.MULTILINE)
    return (found[1] or found[2]) if found else "HEAD"


def _fetched_commit(folder: Path, url: str, sha: str) -> str:
    """Fetch a commit that is on no branch, as that of a pull request; servers allow it by name."""
    if not _WHOLE_SHA.fullmatch(sha):
        return ""
    try:
        # A name in the mirror keeps it there.
        _fetch(folder, url, [f"+{sha}:refs/labhub/commits/{sha}"])
    except SourceTimeoutError:
        raise
    except SourceError:
        return ""
    return _commit(folder, sha)


def _branch_with(folder: Path, url: str, commit: str) -> str:
    for how in ("--points-at", "--contains"):
        names = _names(folder, how, commit, _WORK, strip=3)
        if len(names) > 1 and (head := _head(url)) in names:
            return head
        if names:
            # Of several none is the right one.
            return names[0] if len(names) == 1 else ""
    return ""


def _commit(folder: Path, name: str) -> str:
    try:
        found = git("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}", folder=folder)
    except SourceError:
        return ""
    return found.decode().strip()


def uncommitted(url: str, commit: str) -> int:
    """Count the files of a checkout at a commit that are not as in there; 0 where it is none."""
    folder = Path(url)
    if not (folder / ".git").exists() or _commit(folder, "HEAD") != commit:
        return 0
    try:
        # Without a lock: not even the index is written.
        return len(git("--no-optional-locks", "status", "--porcelain", folder=folder).splitlines())
    except SourceError:
        return 0
