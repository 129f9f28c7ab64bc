"""A clean clone of a repository at a tag: all that a build sees in a real checkout, and no more.

It has the whole history and all tags, since backends count commits and look for tags; nothing in it
tells whose machine it was made on.
"""

import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from ops.errors import SourceError
from ops.images.git import git

LFS_POINTER = b"version https://git-lfs.github.com/spec/"
# Who has no git-lfs gets the pointers as they are, and is told; whatever the operator configured.
_LFS = {
    "process": "git-lfs filter-process",
    "smudge": "git-lfs smudge -- %f",
    "clean": "git-lfs clean -- %f",
    "required": "true",
}
_TRACES = ("FETCH_HEAD", "ORIG_HEAD", "logs", "description", "hooks")


def clone(mirror: Path, url: str, tag: str, into: Path, without: Sequence[str] = ()) -> None:
    """Make an empty folder the repository at a tag, with its submodules but those left out.

    :raises SourceError: where a submodule, or a file that Git LFS keeps elsewhere, is out of reach.
    """
    # The mirror's packs are linked, not written anew: rsync finds those that the host has already.
    git("clone", "--quiet", "--no-checkout", "--template=", str(mirror), str(into))
    # What relative URLs of submodules, and Git LFS, are relative to.
    git("config", "remote.origin.url", url, folder=into)
    lfs = _lfs_settings()
    git(*lfs, "checkout", "--quiet", "--detach", f"refs/tags/{tag}", folder=into, url=url)
    for path in _submodules(into):
        if path not in without:
            _add_submodule(into, path, url, lfs)
    _refuse_pointers(into, url, tag)
    _forget(into)
    _set_modes(into)


def _lfs_settings() -> list[str]:
    has_lfs = shutil.which("git-lfs") is not None
    values = _LFS if has_lfs else {**dict.fromkeys(_LFS, ""), "required": "false"}
    return [word for key, value in values.items() for word in ("-c", f"filter.lfs.{key}={value}")]


def _submodules(folder: Path) -> list[str]:
    entries = git("ls-files", "--stage", "-z", folder=folder).decode().split("\0")
    return [entry.partition("\t")[2] for entry in entries if entry.startswith("160000 ")]


def _add_submodule(folder: Path, path: str, url: str, lfs: Sequence[str]) -> None:
    try:
        update = ("submodule", "--quiet", "update", "--init", "--recursive", "--", path)
        git(*lfs, *update, folder=folder, url=url)
    except SourceError as error:
        where = _url_of(folder, path)
        raise SourceError(
            f"The submodule {path} ({where}) cannot be fetched: {error}. Get access to it, or "
            f"leave it out by  AGFALTA_TOOLS_WITHOUT={path}  in .env"
        ) from error


def _url_of(folder: Path, path: str) -> str:
    listed = ("config", "--file", ".gitmodules", "--list")
    try:
        pairs = git(*listed, folder=folder).decode().splitlines()
    except SourceError:
        pairs = []
    values = dict(pair.split("=", 1) for pair in pairs if "=" in pair)
    keys = (key for key, value in values.items() if key.endswith(".path") and value == path)
    urls = (values.get(f"{key.removesuffix('.path')}.url") for key in keys)
    return next(filter(None, urls), "without a URL in .gitmodules")


def _refuse_pointers(folder: Path, url: str, tag: str) -> None:
    missing = sorted(str(it.relative_to(folder)) for it in _files(folder) if _is_pointer(it))
    if missing and shutil.which("git-lfs") is None:
        shown = ", ".join(missing[:3]) + (f" and {len(missing) - 3} more" if missing[3:] else "")
        raise SourceError(
            f"{url} at {tag} keeps {shown} in Git LFS, and this machine has no git-lfs: "
            "apt install git-lfs, then push again"
        )


def _is_pointer(path: Path) -> bool:
    if path.is_symlink() or not 100 < path.stat().st_size < 1024:
        return False
    return path.read_bytes().startswith(LFS_POINTER)


def _forget(folder: Path) -> None:
    """Take out what tells where the clone came from, and from whom."""
    for config in sorted((folder / ".git").rglob("config")):
        sections = git("config", "--file", str(config), "--name-only", "--list").decode().split()
        names = {section.rpartition(".")[0] for section in sections}
        for name in sorted(name for name in names if name.startswith(("remote.", "submodule."))):
            git("config", "--file", str(config), "--remove-section", name)
            if name.startswith("submodule."):
                git("config", "--file", str(config), f"{name}.active", "true")
        for trace in _TRACES:
            path = config.parent / trace
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
