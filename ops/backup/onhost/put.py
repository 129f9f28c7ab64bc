"""What a backup holds is written back on a host that is deployed and has the accounts.

Each part is written beside its place and renamed into it; what is there already stays. So a restore
that was cut off is finished by running it again.
"""

import os
import shutil
import subprocess
import tarfile
from pathlib import Path
from typing import IO

from .archive import Header, read
from .crypt import decrypted
from .errors import BackupError
from .files import verify
from .parts import FILES, volume

HUB = "labhub-hub"
REGISTRY_USER = 5000


def restore(path: Path, passphrase: str) -> Header:
    """Put all of a backup back, after it was read to its end once more."""
    verify(path, passphrase)
    target = _Target()
    run("docker", "stop", HUB)
    try:
        target.clear_journals()
        with path.open("rb") as file, decrypted(file, passphrase) as plain:
            header = read(plain, target.put)
        target.own_registry()
    finally:
        run("docker", "start", HUB)
    return header


class _Target:
    """The places of this host that a backup's parts go to."""

    def __init__(self) -> None:
        self._registry = volume("labhub-registry-data")
        self._places = {
            "hub-data": volume("labhub-hub-data"),
            "registry": self._registry / "docker/registry/v2",
            **{part: folder for part, (folder, _) in FILES.items()},
        }

    def clear_journals(self) -> None:
        """Remove what belongs to the databases that are replaced."""
        for path in self._places["hub-data"].rglob("*"):
            if path.name.endswith(("-journal", "-wal", "-shm")):
                path.unlink()

    def put(self, info: tarfile.TarInfo, part: IO[bytes]) -> None:
        """Write one part to its place."""
        kind, _, name = info.name.partition("/")
        if not name or ".." in Path(name).parts or Path(name).is_absolute():
            raise BackupError(f"The backup names a part that has no place here: {info.name[:80]!r}")
        if kind == "homes":
            _put_home(name.removesuffix(".tar.gz"), part)
        elif kind in self._places:
            mode = 0o600 if kind in ("hub-data", "removed") else 0o644
            _write(self._places[kind] / name, part, mode, is_fixed=name.endswith("/data"))

    def own_registry(self) -> None:
        """Give the registry's files to its process, which is not root."""
        run("chown", "-R", f"{REGISTRY_USER}:{REGISTRY_USER}", str(self._registry))


def _write(path: Path, part: IO[bytes], mode: int, *, is_fixed: bool) -> None:
    if is_fixed and path.is_file():
        return  # a blob, which its name tells from every other
    folder_mode = 0o700 if mode == 0o600 else 0o755
    path.parent.mkdir(parents=True, exist_ok=True, mode=folder_mode)
    beside = path.with_name(f".{path.name}.new")
    with beside.open("wb") as file:
        shutil.copyfileobj(part, file, 1 << 20)
        file.flush()
        os.fchmod(file.fileno(), mode)
        os.fsync(file.fileno())
    beside.replace(path)


def _put_home(name: str, part: IO[bytes]) -> None:
    home, beside = Path("/home", name), Path("/home", f".{name}.restored")
    if home.exists():
        return
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir(mode=0o700)
    argv = ["tar", "--extract", "--gzip", "--numeric-owner", "--same-permissions", "--acls"]
    with subprocess.Popen(
        [*argv, "--xattrs", "--directory", str(beside)], stdin=subprocess.PIPE
    ) as process:
        assert process.stdin is not None  # noqa: S101
        shutil.copyfileobj(part, process.stdin, 1 << 20)
    if process.returncode:
        raise BackupError(f"{home} cannot be unpacked; is there room? Run the task again then")
    beside.rename(home)


def run(*argv: str) -> None:
    """Run a program of the host that has to succeed."""
    done = subprocess.run(argv, capture_output=True, text=True)
    if done.returncode:
        raise BackupError(f"{' '.join(argv[:3])} failed: {done.stderr.strip()[-300:]}")
