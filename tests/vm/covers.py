"""What each test file of the virtual host covers, and whether it has passed as that is now.

A file is run again when what it covers has another content: its digest is then no longer the one
of `passed`. When it was changed, and where the repository lies, is the same to it.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
FOLDER = "tests/vm"
PASSED = ROOT / FOLDER / "passed"
LENGTH = 16

MACHINE = (
    *("sandbox/vm/*.py", "sandbox/vm/disk.sh", "sandbox/lib.sh", "sandbox/vm/lab.Dockerfile"),
    *("sandbox/engine.py", "sandbox/layout.py", "sandbox/patience.py", "sandbox/ports.py"),
    *("sandbox/steps.py", "sandbox/inv.py", "sandbox/diagnosis.py", "tests/stories.py"),
    *("tests/vm/conftest.py", "tests/vm/look.py"),
)
"""The host, its file server, and what all tests ask them with."""
MOUNTS = ("ops/mounts/*", "ops/settings/shares.py", "ops/settings/mount_keys.py")
CARRIED = (*("ops/plan/*", "ops/remote/*", "ops/names.py"),)
"""What brings the mounts to the host, and its answers back."""
LABS = (
    "compose/compose.yaml#services/hub/volumes",
    *(f"compose/hub/labhub/{name}.py" for name in ("mounts", "guard", "furnish")),
    *(f"compose/hub/labhub/{name}.py" for name in ("spawner", "choices")),
    *("lab-image/files/usr/local/bin/lab-entry", "tests/hub_client.py", "tests/hub_kernel.py"),
)
"""How a lab comes to the mounts; of what follows a # only the part of a YAML file."""

COVERS: Mapping[str, tuple[str, ...]] = {
    "test_0_machine.py": MACHINE,
    "test_1_mounts.py": (*MACHINE, *MOUNTS, *CARRIED),
    "test_2_errors.py": (*MACHINE, *MOUNTS, *CARRIED),
    "test_3_boot.py": (*MACHINE, *MOUNTS, *CARRIED),
    "test_4_labs.py": (*MACHINE, *MOUNTS, *CARRIED, *LABS),
}
"""Patterns of files, by the test file that is to run when one of them changes."""


def digest(test: str, root: Path = ROOT) -> str:
    """Return the digest of a test file and of all that it covers."""
    state = hashlib.sha256()
    for name, content in sorted(_parts(test, root)):
        state.update(f"{name}\0{len(content)}\0".encode() + content)
    return state.hexdigest()[:LENGTH]


def files(test: str, root: Path = ROOT) -> dict[str, Path]:
    """Return the whole files that a test file covers, itself among them, by their names."""
    patterns = [pattern for pattern in COVERS[test] if "#" not in pattern]
    return {
        str(path.relative_to(root)): path
        for pattern in (f"{FOLDER}/{test}", *patterns)
        for path in _found(pattern, root)
    }


def read_passed(path: Path = PASSED) -> dict[str, str]:
    """Return the digests with which the test files have passed, by their names."""
    lines = path.read_text().splitlines() if path.exists() else []
    return {name: found for found, name in (line.split() for line in lines)}


def write_passed(test: str, found: str, path: Path = PASSED) -> None:
    """Note that a test file has passed."""
    noted = {name: old for name, old in read_passed(path).items() if name in COVERS}
    noted[test] = found
    path.write_text("".join(f"{noted[name]}  {name}\n" for name in sorted(noted)))


def outdated() -> list[str]:
    """Return the test files that have not passed as all that they cover is now."""
    passed = read_passed()
    return [test for test in COVERS if passed.get(test) != digest(test)]


def _parts(test: str, root: Path) -> Iterator[tuple[str, bytes]]:
    for name, path in files(test, root).items():
        yield name, path.read_bytes()
    for pattern in COVERS[test]:
        if "#" in pattern:
            yield pattern, _part(pattern, root)


def _found(pattern: str, root: Path) -> list[Path]:
    # Hidden ones are an editor's.
    found = [path for path in root.glob(pattern) if path.is_file() and path.name[0] != "."]
    if not found:
        raise LookupError(f"{pattern}, which tests of the virtual host cover, is nowhere")
    return found


def _part(pattern: str, root: Path) -> bytes:
    file, _, where = pattern.partition("#")
    part = yaml.safe_load((root / file).read_text())
    for key in where.split("/"):
        part = part[key]
    return json.dumps(part, sort_keys=True).encode()
