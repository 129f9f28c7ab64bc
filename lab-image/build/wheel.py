"""Build the wheel of the analysis package, and say what it needs.

`wheel.py OUT SOURCE SUBFOLDER EXTRAS` leaves in OUT the wheel and
`name.txt`      what the package is called,
`requires.txt`  what it requires here, with its extras; a file of its own, since what is resolved
                and installed for it is kept while this is the same,
`packages.txt`  the Debian packages of the libraries that it links to.
Each failure is one sentence on standard error that begins with `BUILD: `, after the lines of its
cause, which begin with `BUILD| `.
"""

import email.message
import email.parser
import re
import sys
import zipfile
from pathlib import Path

from linked import debian_packages
from pip._vendor.packaging.requirements import InvalidRequirement, Requirement
from pip._vendor.packaging.utils import canonicalize_name
from told import RefusedError, backends_own, hint, run_told, sentences

PIP = "/opt/uv/bin/pip"


def build_command(source: Path, out: Path) -> list[str]:
    """Return what makes the wheel: a build of the clone here, or of a release on PyPI."""
    requirement = source / "requirement.txt"
    if requirement.is_file() and len(list(source.iterdir())) == 1:
        release = requirement.read_text().strip()
        return [PIP, "wheel", "--no-deps", "--wheel-dir", str(out), release]
    uv = ["/opt/uv/bin/uv", "build", "--wheel", "--python", "/usr/bin/python3"]
    return [*uv, "--out-dir", str(out), str(source)]


def required(metadata: email.message.Message, extras: set[str]) -> list[str]:
    """Return the requirements that hold here with these extras, in an order that never changes."""
    name, known = metadata["Name"], set(metadata.get_all("Provides-Extra", []))
    if unknown := sorted(extras - {*known, *map(canonicalize_name, known)}):
        has = ", ".join(sorted(known)) or "none"
        raise RefusedError(f"{name} has no extra {', '.join(unknown)}; it has: {has}")
    # As it is spelt in the markers, too: an older packaging compares letter by letter.
    spelt = {"", *extras, *(it for it in known if canonicalize_name(it) in extras)}
    found: set[str] = set()
    for requirement in map(_read, metadata.get_all("Requires-Dist", [])):
        marker = requirement.marker
        if marker and not any(marker.evaluate({"extra": extra}) for extra in spelt):
            continue
        if canonicalize_name(requirement.name) == canonicalize_name(name):
            # An extra that is made of others.
            if more := {canonicalize_name(it) for it in requirement.extras} - extras:
                return required(metadata, extras | more)
            continue
        if (requirement.url or "").startswith("file:"):
            raise RefusedError(
                f"{name} requires {requirement.name} from a folder, which is not there any more "
                "when it is installed: name its repository or a release of it"
            )
        requirement.marker = None
        found.add(str(requirement))
    return sorted(found)


def _read(line: str) -> Requirement:
    try:
        return Requirement(line)
    except InvalidRequirement as error:
        raise RefusedError(f"its metadata says Requires-Dist: {line}, which is none") from error


def read_metadata(wheel: Path) -> email.message.Message:
    """Read what a wheel says of itself."""
    with zipfile.ZipFile(wheel) as archive:
        (path,) = (n for n in archive.namelist() if re.fullmatch(r"[^/]+\.dist-info/METADATA", n))
        return email.parser.Parser().parsestr(archive.read(path).decode(errors="replace"))


def main(out: Path, source: Path, subfolder: str, extras: str) -> None:
    """Build, then write down name, requirements and libraries."""
    out.mkdir(parents=True, exist_ok=True)
    status, printed = run_told(build_command(source / subfolder, out))
    if status:
        sentence = f"no wheel can be made of the analysis package: {hint(printed)}"
        raise RefusedError(sentence, backends_own(printed))
    (wheel,) = out.glob("*.whl")
    metadata = read_metadata(wheel)
    wanted: set[str] = {canonicalize_name(it) for it in re.findall(r"[\w.-]+", extras)}
    requires = required(metadata, wanted)
    (out / "requires.txt").write_text("".join(f"{line}\n" for line in requires))
    (out / "name.txt").write_text(metadata["Name"] + "\n")
    packages = debian_packages([wheel])
    (out / "packages.txt").write_text("".join(f"{it}\n" for it in packages))


if __name__ == "__main__":
    with sentences():
        main(Path(sys.argv[1]), Path(sys.argv[2]), *sys.argv[3:5])
