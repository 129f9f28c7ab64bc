"""The libraries that compiled wheels link to, as Debian packages that the image lacks."""

import re
import subprocess  # noqa: TID251 (runs in the image, not on the laptop)
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from told import RefusedError

IMAGE = Path("/run/system")
"""The files of the image without compilers, where wheels are built in another one."""


def debian_packages(wheels: Sequence[Path]) -> list[str]:
    """Return the packages to be installed for the libraries that wheels link to.

    A wheel of PyPI's brings its own, or finds them in another wheel: only where one was built here,
    a library that is nowhere is an error.

    :raises RefusedError: with its name.
    """
    needed: set[str] = set()
    with tempfile.TemporaryDirectory() as folder:
        for wheel in wheels:
            with zipfile.ZipFile(wheel) as archive:
                archive.extractall(Path(folder, wheel.name))
        brought = {path.name for path in Path(folder).rglob("*.so*")}
        for wheel in wheels:
            is_built_here = "-linux_" in wheel.name
            for name, where in _linked(Path(folder, wheel.name)):
                package = None if name in brought else _package_of(where)
                if package:
                    needed.add(package)
                elif is_built_here and not (name in brought or _is_there(where)):
                    raise RefusedError(
                        f"{wheel.name} links to {name}, which no Debian package of the build has: "
                        "name the one that has it in site/build-packages.txt"
                    )
    return sorted(needed)


def _linked(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield the name of each library that programs in a folder link to, and its path or none."""
    for binary in folder.rglob("*"):
        if _is_program(binary):
            said = subprocess.run(["ldd", str(binary)], capture_output=True, text=True).stdout
            for line in said.splitlines():
                name, arrow, where = (part.strip() for part in line.partition("=>"))
                path = where.partition(" (")[0]
                if arrow and not path.startswith(str(folder)):
                    yield name, str(Path(path).resolve()) if path.startswith("/") else ""


def _is_program(path: Path) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(4) == b"\x7fELF"


def _is_there(library: str) -> bool:
    return bool(library) and (IMAGE / library.lstrip("/")).exists()


def _package_of(library: str) -> str | None:
    """Name the package of a library that the image does not have."""
    if not library or _is_there(library):
        return None
    # Debian's merged /usr: dpkg knows a file by one of its two names.
    for path in (library, re.sub(r"^/usr/lib/", "/lib/", library)):
        found = subprocess.run(["dpkg", "-S", path], capture_output=True, text=True)
        if found.returncode == 0:
            return found.stdout.partition(":")[0]
    return None
