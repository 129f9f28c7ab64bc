"""The libraries that compiled wheels link to, as Debian packages that the image lacks."""

import re
import subprocess  # noqa: TID251 (runs in the image, not on the laptop)
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from told import RefusedError

IMAGE = "/run/system-dpkg"
"""What Debian packages the image has: its own dpkg folder, where wheels are built in another."""


def debian_packages(wheels: Iterable[Path]) -> list[str]:
    """Return the packages to be installed for the libraries that wheels link to.

    :raises RefusedError: where no package of the build has a library.
    """
    needed: set[str] = set()
    for wheel in wheels:
        with tempfile.TemporaryDirectory() as folder:
            with zipfile.ZipFile(wheel) as archive:
                archive.extractall(folder)
            for binary in Path(folder).rglob("*.so*"):
                needed |= {_package_of(path, wheel) for path in _libraries(binary, wheel, folder)}
    return sorted(needed - _installed())


def _libraries(binary: Path, wheel: Path, folder: str) -> Iterator[str]:
    printed = subprocess.run(["ldd", str(binary)], capture_output=True, text=True).stdout
    own = {path.name for path in Path(folder).rglob("*.so*")}
    for line in printed.splitlines():
        name, _, where = (part.strip() for part in line.partition("=>"))
        if "not found" in where and name not in own:
            raise RefusedError(
                f"{wheel.name} links to {name}, which no Debian package of the build has: name the "
                "one that has it in lab-image/build-packages.txt"
            )
        path = where.partition(" (")[0]
        if path.startswith("/") and not path.startswith(folder):
            yield str(Path(path).resolve())


def _package_of(library: str, wheel: Path) -> str:
    # Debian's merged /usr: dpkg knows a file by one of its two names.
    for path in (library, re.sub(r"^/usr/lib/", "/lib/", library)):
        found = subprocess.run(["dpkg", "-S", path], capture_output=True, text=True)
        if found.returncode == 0:
            return found.stdout.partition(":")[0]
    raise RefusedError(f"{wheel.name} links to {library}, which no Debian package has")


def _installed() -> set[str]:
    query = ["dpkg-query", f"--admindir={IMAGE}", "-W", "-f", "${Package}\\n"]
    printed = subprocess.run(query, capture_output=True, text=True, check=True).stdout
    return set(printed.split())
