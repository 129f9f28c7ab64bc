"""A clean clone of a repository at one commit: all that a build sees in a checkout, and no more.

It has the whole history and all tags, since backends count commits and look for tags; nothing in it
tells whose machine it was made on.
"""

import os
import re
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from ops.errors import SourceError
from ops.images.git import git

FILES_SECONDS = 3600.0
"""How long the files of a tag may take: those of Git LFS come from a server then."""
LFS_POINTER = b"version https://git-lfs.github.com/spec/"
# Who has no git-lfs gets the pointers as they are, and is told; whatever the operator configured.
_LFS = {
    "process": "git-lfs filter-process",
    "smudge": "git-lfs smudge -- %f",
    "clean": "git-lfs clean -- %f",
    "required": "true",
}
_TRACES = ("FETCH_HEAD", "ORIG_HEAD", "logs", "description", "hooks", "lfs")


def clone(
    mirror: Path, url: str, at: str, name: str, into: Path, without: Sequence[str] = ()
) -> None:
    """Make an empty folder the repository at a commit, with its submodules but those left out.

    `at` is a ref of the mirror or a commit in it, `name` what the operator calls that.

    :raises SourceError: where a submodule, or a file that Git LFS keeps elsewhere, is out of reach.
    """
    git("clone", "--quiet", "--no-checkout", "--template=", str(mirror), str(into))
    if (mirror / "shallow").exists():
        # Of such a one git takes along what has a name that it knows, and no more.
        listed = git("for-each-ref", "--format=%(refname)", "refs/labhub", folder=mirror)
        if names := listed.decode().split():
            git("fetch", "--quiet", "--update-shallow", str(mirror), *names, folder=into)
    # What relative URLs of submodules, and Git LFS, are relative to.
    git("config", "remote.origin.url", url, folder=into)
    try:
        _check_out(into, "checkout", "--quiet", "--detach", at, url=url)
    except SourceError as error:
        if not {"lfs", "smudge"} & set(re.findall(r"[a-z]+", str(error).lower())):
            raise
        raise SourceError(
            f"{url} at {name} keeps files in Git LFS that cannot be fetched: {error}. Try  "
            f"git lfs fetch {url} {name}  in a checkout"
        ) from error
    known = set(_add_submodules(into, "", url, without))
    if unknown := sorted(set(without) - known):
        has = ", ".join(sorted(known)) or "none"
        raise SourceError(
            f"AGFALTA_TOOLS_WITHOUT names {', '.join(unknown)}, which is no submodule of {url} at "
            f"{name}; it has: {has}"
        )
    _refuse_pointers(into, url, name)
    _forget(into)
    _set_modes(into)


def _check_out(folder: Path, *args: str, url: str) -> None:
    has_lfs = shutil.which("git-lfs") is not None
    values = _LFS if has_lfs else {**dict.fromkeys(_LFS, ""), "required": "false"}
    settings = [f"filter.lfs.{key}={value}" for key, value in values.items()]
    # All of them, whatever the operator leaves out at home.
    settings += ["lfs.fetchinclude=", "lfs.fetchexclude="]
    git(*args, folder=folder, url=url, timeout=FILES_SECONDS, settings=settings)


def _add_submodules(folder: Path, above: str, url: str, without: Sequence[str]) -> Iterator[str]:
    """Fetch the submodules of a folder, level by level; yield the paths of all that there are."""
    entries = git("ls-files", "--stage", "-z", folder=folder).split(b"\0")
    paths = [os.fsdecode(it.partition(b"\t")[2]) for it in entries if it.startswith(b"160000 ")]
    for path in paths:
        full = above + path
        yield full
        if full in without:
            continue
        try:
            update = ("submodule", "--quiet", "update", "--init", "--", path)
            _check_out(folder, *update, url=url)
        except SourceError as error:
            where, out = _url_of(folder, path), ",".join([*without, full])
            raise SourceError(
                f"The submodule {full} ({where}) cannot be fetched: {error}. Get access to it, or "
                f"leave it out by  AGFALTA_TOOLS_WITHOUT={out}  in .env"
            ) from error
        yield from _add_submodules(folder / path, f"{full}/", url, without)


def _url_of(folder: Path, path: str) -> str:
    listed = ("config", "--file", ".gitmodules", "--null", "--list")
    try:
        pairs = os.fsdecode(git(*listed, folder=folder)).split("\0")
    except SourceError:
        pairs = []
    values = dict(pair.split("\n", 1) for pair in pairs if "\n" in pair)
    keys = (key for key, value in values.items() if key.endswith(".path") and value == path)
    urls = (values.get(f"{key.removesuffix('.path')}.url") for key in keys)
    return next(filter(None, urls), "without a URL in .gitmodules")


def _refuse_pointers(folder: Path, url: str, tag: str) -> None:
    missing = sorted(str(it.relative_to(folder)) for it in _files(folder) if _is_pointer(it))
    if not missing:
        return
    shown = ", ".join(missing[:3]) + (f" and {len(missing) - 3} more" if missing[3:] else "")
    if shutil.which("git-lfs"):
        why = "and git-lfs does not fetch it: is it in .gitattributes?"
    else:
        why = "and this machine has no git-lfs: apt install git-lfs, then push again"
    raise SourceError(f"{url} at {tag} keeps {shown} in Git LFS, {why}")


def _is_pointer(path: Path) -> bool:
    if path.is_symlink() or not 100 < path.stat().st_size < 1024:
        return False
    return path.read_bytes().startswith(LFS_POINTER)


def _forget(folder: Path) -> None:
    """Take out what tells where the clone came from, and from whom."""
    # A submodule may be called config.
    heads = [head for head in (folder / ".git").rglob("HEAD") if (head.parent / "config").is_file()]
    for repository in sorted(head.parent for head in heads):
        config = ("config", "--file", str(repository / "config"))
        keys = os.fsdecode(git(*config, "--null", "--name-only", "--list")).split("\0")
        sections = {key.rpartition(".")[0] for key in keys}
        for name in sorted(it for it in sections if it.startswith(("remote.", "submodule."))):
            git(*config, "--remove-section", name)
            if name.startswith("submodule."):
                git(*config, f"{name}.active", "true")
        for trace in _TRACES:
            path = repository / trace
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


def _set_modes(folder: Path) -> None:
    # Whatever the umask of the operator.
    for path in _files(folder):
        if not path.is_symlink():
            path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)


def _files(folder: Path) -> Iterator[Path]:
    for root, folders, names in os.walk(folder):
        if ".git" in folders:
            folders.remove(".git")
        for name in folders:
            if not Path(root, name).is_symlink():
                Path(root, name).chmod(0o755)
        yield from (Path(root, name) for name in names if name != ".git")
