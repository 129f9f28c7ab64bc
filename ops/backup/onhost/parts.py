"""What goes into a backup, read on the host while the hub runs and people push.

Databases are copied by SQLite itself. Of the registry the links are read before the blobs that they
name: a push in between adds blobs, and no collection runs as long as its lock is shared.
"""

import fcntl
import io
import os
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from .archive import Writer
from .errors import BackupError
from .facts import read_accounts

LOCKS = Path("/run/labhub")
FILES = {
    "hub-files": (Path("/etc/labhub/hub"), ("images.json", "disabled.json", "announcement.json")),
    "removed": (Path("/var/lib/labhub/removed"), ("*.json",)),
}
"""Small files by the folder of the backup that they are in. The others come with a deploy."""
_SQLITE = b"SQLite format 3\0"


def volume(name: str) -> Path:
    """Return where a volume of the stack is on the host.

    :raises BackupError: where there is none.
    """
    argv = ["docker", "volume", "inspect", "-f", "{{.Mountpoint}}", name]
    done = subprocess.run(argv, capture_output=True, text=True)
    if done.returncode:
        raise BackupError("There is no hub on this host yet: first  inv deploy")
    return Path(done.stdout.strip())


def write_backup(out: IO[bytes], request: Mapping[str, Any]) -> None:
    """Write a backup of this host to a file or a pipe."""
    with ExitStack() as stack:
        registry = volume("labhub-registry-data") / "docker/registry/v2"
        stack.enter_context(locked("registry", request["wait"]))
        with locked("host", request["wait"]):
            accounts, groups = read_accounts()
            small = {**_hub_data(volume("labhub-hub-data")), **_small_files()}
        links = {str(path.relative_to(registry)): path.read_bytes() for path in _links(registry)}
        header = {
            **{key: request[key] for key in ("lab", "host", "env", "homes")},
            "time": datetime.now(UTC).isoformat(timespec="seconds"),
            "accounts": accounts,
            "groups": groups,
            "tags": tags_of(links),
        }
        writer = Writer(out, header)
        for name, content in sorted(small.items()):
            writer.add_bytes(name, content)
        for name, content in sorted(links.items()):
            writer.add_bytes(f"registry/{name}", content)
        for path in sorted((registry / "blobs").glob("*/*/*/data")):
            with path.open("rb") as file:
                name = f"registry/{path.relative_to(registry)}"
                writer.add(name, file, os.fstat(file.fileno()).st_size)
        for name in (it["name"] for it in accounts) if request["homes"] else ():
            _add_home(writer, name)
        writer.finish()


@contextmanager
def locked(name: str, wait: bool) -> Iterator[None]:
    """Share a lock of the tasks while something is read.

    :raises BackupError: where somebody changes the host, and is not to be waited for.
    """
    LOCKS.mkdir(parents=True, exist_ok=True)
    with (LOCKS / f"{name}.lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError as error:
            file.seek(0)
            holder = file.read().strip()
            raise BackupError(
                f"The host is being changed by somebody else: {holder}. Try again later, or wait "
                "in line with --wait"
            ) from error
        yield


def _hub_data(folder: Path) -> dict[str, bytes]:
    """Return what the hub keeps, the databases among it as of one moment each."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.name.endswith(("-journal", "-wal", "-shm", ".log")):
            with path.open("rb") as file:
                is_database = file.read(len(_SQLITE)) == _SQLITE
            content = _copy_database(path) if is_database else path.read_bytes()
            found[f"hub-data/{path.relative_to(folder)}"] = content
    return found


def _copy_database(path: Path) -> bytes:
    with tempfile.TemporaryDirectory(prefix="labhub-") as folder:
        copy = Path(folder, "copy")
        source = sqlite3.connect(path, timeout=30)
        with closing(source), closing(sqlite3.connect(copy)) as target:
            source.backup(target)
        return copy.read_bytes()


def _small_files() -> dict[str, bytes]:
    return {
        f"{part}/{path.name}": path.read_bytes()
        for part, (folder, patterns) in FILES.items()
        for pattern in patterns
        for path in sorted(folder.glob(pattern))
    }


def _links(registry: Path) -> Iterator[Path]:
    for path in (registry / "repositories").rglob("link"):
        if "_uploads" not in path.parts:
            yield path


def tags_of(links: Mapping[str, bytes]) -> dict[str, dict[str, str]]:
    """Return the digest of each tag, by image."""
    tags: dict[str, dict[str, str]] = {}
    for path, content in links.items():
        image, _, rest = path.removeprefix("repositories/").partition("/_manifests/tags/")
        if rest.endswith("/current/link"):
            tags.setdefault(image, {})[rest.partition("/")[0]] = content.decode().strip()
    return tags


def _add_home(writer: Writer, name: str) -> None:
    home = Path("/home", name)
    if not home.is_dir():
        return
    # On the disk of the homes, and without a name: it is gone with this process.
    with tempfile.TemporaryFile(dir="/var/tmp") as file:
        argv = ["tar", "--create", "--gzip", "--numeric-owner", "--acls", "--xattrs"]
        done = subprocess.run(
            [*argv, "--one-file-system", "--directory", str(home), "."],
            stdout=file,
            stderr=subprocess.PIPE,
            text=True,
        )
        # 1: a file has changed while it was read, as files of people at work do.
        if done.returncode > 1:
            raise BackupError(f"{home} cannot be read: {done.stderr.strip()[-200:]}")
        size = file.seek(0, io.SEEK_END)
        file.seek(0)
        writer.add(f"homes/{name}.tar.gz", file, size)
