"""Find what the analysis package needs beside the lab's own packages, and bring it as wheels.

`resolve.py OUT REQUIRES JUPYTERHUB` finds in /run/lists `requirements.in` and `requirements.lock`
of all labs, the site's `site.in`, and of the last image `own.txt` and `from-git.txt`. It resolves
them together, preferring the versions of the lock, then those of the last image, and leaves in OUT
`wheels/`        all that the lock does not have, built where there is only source,
`resolved.txt`   all versions with their hashes,
`own.txt`        those of them that the lock does not have, and for which Python,
`from-git.txt`   what comes from a repository, at its commit, and how it was asked for,
`notes.txt`      what differs from the lock, a sentence each,
`packages.txt`   the Debian packages of the libraries that these wheels link to.
"""

import re
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from linked import debian_packages
from locks import again, asked_of_git, pins, remember, version
from told import PYTHON, RefusedError, backends_own, hint, run_told, sentences

LISTS = Path("/run/lists")
UV, PIP = "/opt/uv/bin/uv", "/opt/uv/bin/pip"


def preferences(lock: str, own: str) -> str:
    """Return the lock with what the last image had beside it, where that had the same Python."""
    return lock + (own if own.startswith(f"# {PYTHON}\n") else "")


def resolve(inputs: Sequence[Path], overrides: Path, preferred: str, resolved: Path) -> str:
    """Return the lock's text as package and site let it be; it yields where it has to."""
    command = [UV, "pip", "compile", "--quiet", "--python", "/usr/bin/python3", "--no-header"]
    command += ["--generate-hashes", "--output-file", str(resolved), "--overrides", str(overrides)]
    command += map(str, inputs)
    # Wheels wherever there are any: else an old version is taken that exists as source alone, and
    # does not build.
    options = ["--only-binary", ":all:"]
    while True:
        resolved.write_text(preferred)
        status, printed = run_told([*command, *options])
        if status == 0:
            return resolved.read_text()
        names = set(re.findall(r"Wheels are required for `([\w.-]+)`", printed))
        more = sorted(f"--no-binary={name}" for name in names)
        if not set(more) - set(options):
            raise unresolved(printed)
        options += more


def unresolved(printed: str) -> RefusedError:
    """Say why nothing can be resolved, by what uv printed, and what helps."""
    if "No solution found" in printed:
        sentence = (
            "what the analysis package needs cannot be installed together with the lab's own "
            "packages: loosen its requirements, or those in site/requirements.in"
        )
    elif names := unbuilt(printed):
        return unbuildable(names, printed)
    else:
        sentence = (
            "something that the analysis package needs cannot be read from where it says: correct "
            "its requirements, or have it made readable to the host"
        )
    return RefusedError(sentence, printed.splitlines())


def unbuilt(printed: str) -> str:
    """Name the packages whose source did not build, by what pip or uv printed."""
    failed = (
        r"Failed (?:building wheel for|to build) (?!one or more)[`']?([\w.-]+)"
        r"|^\W*> ([A-Za-z][\w.-]*)$"
    )
    return ", ".join(sorted({a or b for a, b in re.findall(failed, printed, re.MULTILINE)}))


def unbuildable(names: str, printed: str) -> RefusedError:
    """Say that there is neither a wheel nor a source that builds, and what helps."""
    return RefusedError(
        f"{names} has no wheel for {PYTHON}, and its source does not build: {hint(printed)}. "
        "Another version of it may do: name that in site/requirements.in",
        backends_own(printed),
    )


def bring(hashed: list[str], from_git: list[str], out: Path) -> list[Path]:
    """Download wheels, and build what there is only as source."""
    wheels = out / "wheels"
    wheels.mkdir(exist_ok=True)
    # What was built for another base, or before a header was there, is not taken for the same.
    shutil.rmtree(Path.home() / ".cache/pip/wheels", ignore_errors=True)
    # What comes from a repository has its commit, and no hash: pip takes the two kinds only apart.
    for entries in filter(None, (hashed, from_git)):
        listed = out / "wanted.txt"
        listed.write_text("\n".join(entries) + "\n")
        listing = ["--wheel-dir", str(wheels), "--requirement", str(listed)]
        status, printed = run_told([PIP, "wheel", "--no-deps", *listing])
        if status and (names := unbuilt(printed)):
            raise unbuildable(names, printed)
        if status:
            raise RefusedError("what the analysis package needs cannot be fetched (see above)")
    return sorted(wheels.glob("*.whl"))


def main(out: Path, requires: Path, hub: str) -> None:
    """Resolve, bring, and note what differs."""
    out.mkdir(parents=True, exist_ok=True)
    wanted, overrides = out / "wanted.in", out / "overrides.txt"
    wanted.write_text(f"{requires.read_text()}jupyterhub=={hub}\n")
    inputs = (LISTS / "requirements.in", LISTS / "site.in", wanted)
    asked = asked_of_git("".join(path.read_text() for path in inputs))
    # Of what comes from a repository no version can be preferred: its commit is put in its place.
    kept = again((LISTS / "from-git.txt").read_text(), asked)
    overrides.write_text("".join(f"{line}\n" for line in kept))
    lock = (LISTS / "requirements.lock").read_text()
    preferred = preferences(lock, (LISTS / "own.txt").read_text())
    found = pins(resolve(inputs, overrides, preferred, out / "resolved.txt"))
    had = {name: version(entry) for name, entry in pins(lock).items()}
    new = {name: it for name, it in found.items() if version(it) != had.get(name)}
    hashed = [it for it in new.values() if "--hash" in it]
    from_git = [it for it in new.values() if "--hash" not in it]
    write = {
        "resolved": found.values(),
        "own": [f"# {PYTHON}", *hashed],
        "from-git": remember(from_git, asked),
        "notes": [f"{it} {version(new[it])} instead of {had[it]}" for it in new if it in had],
        "packages": debian_packages(bring(hashed, from_git, out)),
    }
    for name, lines in write.items():
        (out / f"{name}.txt").write_text("".join(f"{line}\n" for line in lines))


if __name__ == "__main__":
    with sentences():
        main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
