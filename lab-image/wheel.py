"""Build the wheel of the analysis package, and say what it is called and what it needs.

`python3 wheel.py VERSION SOURCE OUT` leaves `OUT/*.whl`, `OUT/name.txt`, `OUT/dependencies.txt`.
The list of dependencies is a file of its own: their image layer is kept while it is the same.
"""

import email.parser
import os
import re
import subprocess  # noqa: TID251 (runs in the image, not on the laptop)
import sys
import zipfile
from pathlib import Path

# The files have no .git: whoever takes the version from git reads it from one of these
# (setuptools_scm and hatch-vcs, pbr, pdm-backend, poetry-dynamic-versioning).
FROM_GIT = (
    "SETUPTOOLS_SCM_PRETEND_VERSION",
    "PBR_VERSION",
    "PDM_BUILD_SCM_VERSION",
    "POETRY_DYNAMIC_VERSIONING_BYPASS",
)


def build_command(source: Path, out: Path) -> list[str]:
    """Return what makes the wheel: a build of the files here, or a download of a release."""
    if (source / "requirement.txt").is_file() and len(list(source.iterdir())) == 1:
        pip = ["/opt/uv/bin/pip", "wheel", "--quiet", "--no-cache-dir", "--no-deps"]
        return [*pip, "--wheel-dir", str(out), "--requirement", str(source / "requirement.txt")]
    uv = ["/opt/uv/bin/uv", "build", "--quiet", "--wheel", "--python", "/usr/bin/python3"]
    return [*uv, "--out-dir", str(out), str(source)]


def dependencies(requires: list[str]) -> list[str]:
    """Return the requirements that hold without extras, in an order that never changes."""
    return sorted(line for line in requires if not re.search(r"\bextra\s*==", line))


def main(version: str, source: Path, out: Path) -> int:
    """Build, then write down the wheel's name and dependencies."""
    out.mkdir(parents=True, exist_ok=True)
    env = os.environ | dict.fromkeys(FROM_GIT, version.removeprefix("v"))
    if subprocess.run(build_command(source, out), env=env).returncode:
        sys.stderr.write("BUILD: no wheel can be made of the analysis package (see above)\n")
        return 1
    (wheel,) = out.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        (path,) = (n for n in archive.namelist() if re.fullmatch(r"[^/]+\.dist-info/METADATA", n))
        metadata = email.parser.Parser().parsestr(archive.read(path).decode())
    lines = dependencies(metadata.get_all("Requires-Dist", []))
    (out / "dependencies.txt").write_text("".join(f"{line}\n" for line in lines))
    (out / "name.txt").write_text(metadata["Name"] + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])))
