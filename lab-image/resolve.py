"""Find what the analysis package needs beside the lab's own packages, and bring it as wheels.

`resolve.py OUT REQUIRES JUPYTERHUB` takes the lab's `requirements.in` and `requirements.lock`
beside it, resolves all together with the lock's versions as preferences, and leaves in OUT
`wheels/`        all that the lock does not have, built where there is only source,
`resolved.txt`   all versions with their hashes,
`notes.txt`      what differs from the lock, a sentence each,
`packages.txt`   the Debian packages of the libraries that these wheels link to.
"""

import re
import shutil
import sys
from pathlib import Path

from linked import debian_packages
from told import RefusedError, backends_own, run_told, sentences

HERE = Path(__file__).parent
UV, PIP = "/opt/uv/bin/uv", "/opt/uv/bin/pip"


def resolve(requires: Path, hub: str, out: Path) -> str:
    """Return the lock's text as the package lets it be; it yields where it has to."""
    resolved, own = out / "resolved.txt", out / "own.in"
    own.write_text(f"{requires.read_text()}jupyterhub=={hub}\n")
    common = [UV, "pip", "compile", "--quiet", "--python", "/usr/bin/python3", "--no-header"]
    common += ["--generate-hashes", "--output-file", str(resolved)]
    inputs = [str(HERE / "requirements.in"), str(own)]
    # Wheels first: else an old version is taken that exists as source alone, and does not build.
    for options in (["--only-binary", ":all:"], []):
        shutil.copyfile(HERE / "requirements.lock", resolved)
        status, printed = run_told([*common, *options, *inputs])
        if status == 0:
            return resolved.read_text()
    if "No solution found" in printed:
        sentence = (
            "what the analysis package needs cannot be installed together with the lab's own "
            "packages: loosen its requirements, or those in lab-image/requirements.in"
        )
    else:
        sentence = (
            "something that the analysis package needs cannot be read from where it says: correct "
            "its requirements, or have it made readable to the host"
        )
    raise RefusedError(sentence, printed.splitlines())


def pins(text: str) -> dict[str, str]:
    """Return each entry of a requirements file, with its hashes, by the name of its package."""
    entries = re.split(r"^(?=[A-Za-z0-9])", text, flags=re.MULTILINE)
    found = {re.split(r"==| @ |\[", entry)[0].strip(): entry for entry in entries if entry.strip()}
    return {name: re.sub(r"\n\s*#.*", "", entry).strip() for name, entry in found.items()}


def version(entry: str) -> str:
    """Return the version of an entry, or where it comes from."""
    return re.split(r"==| @ ", entry.split(" \\")[0])[1].split()[0]


def bring(entries: list[str], out: Path) -> list[Path]:
    """Download wheels, and build what there is only as source."""
    wheels = out / "wheels"
    wheels.mkdir(exist_ok=True)
    hashed = [entry for entry in entries if "--hash" in entry]
    # What comes from a repository has its commit, and no hash: pip takes the two kinds only apart.
    for kind, some in (("hashed", hashed), ("plain", [it for it in entries if it not in hashed])):
        if not some:
            continue
        listed = out / f"{kind}.txt"
        listed.write_text("\n".join(some) + "\n")
        listing = ["--wheel-dir", str(wheels), "--requirement", str(listed)]
        status, printed = run_told([PIP, "wheel", "--no-deps", *listing])
        if status:
            failed = re.findall(r"Failed (?:building wheel for|to build) '?([\w.-]+)", printed)
            names = ", ".join(sorted(set(failed))) or "it"
            raise RefusedError(
                f"what the analysis package needs exists as source only, and {names} cannot be "
                "built: headers go into lab-image/build-packages.txt, another version of it into "
                "the requirements of the analysis package",
                backends_own(printed),
            )
    return sorted(wheels.glob("*.whl"))


def main(out: Path, requires: Path, hub: str) -> None:
    """Resolve, bring, and note what differs."""
    out.mkdir(parents=True, exist_ok=True)
    locked = pins((HERE / "requirements.lock").read_text())
    found = pins(resolve(requires, hub, out))
    had = {name: version(entry) for name, entry in locked.items()}
    new = [name for name, entry in found.items() if version(entry) != had.get(name)]
    notes = [
        f"{name} {version(found[name])} instead of {had[name]}\n" for name in new if name in had
    ]
    (out / "notes.txt").write_text("".join(notes))
    packages = debian_packages(bring([found[name] for name in new], out))
    (out / "packages.txt").write_text("".join(f"{it}\n" for it in packages))


if __name__ == "__main__":
    with sentences():
        main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
