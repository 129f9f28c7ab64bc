"""A lab image without LaTeX, ffmpeg and science, for tests that are not about what is in it.

Its recipe, its entry and its own test are the lab's; only the lists are short, and no compiler is
there while it is built.
"""

import re
from pathlib import Path

from sandbox.inv import Inv

LEFT_OUT = "h5py ipympl ipywidgets matplotlib pandas pillow scipy tqdm".split()
PACKAGES = "bash ca-certificates git openssh-client python3 python3-venv tzdata"


def small_checkout(inv: Inv, folder: Path) -> Inv:
    """Copy the checkout, with the short lists, and return its `inv`."""
    small = inv.in_copy(folder)
    image = folder / "lab-image"
    (image / "packages.txt").write_text(PACKAGES.replace(" ", "\n") + "\n")
    (image / "build-packages.txt").write_text("git\n")
    wanted = (image / "requirements.in").read_text().splitlines()
    (image / "requirements.in").write_text("\n".join(x for x in wanted if x not in LEFT_OUT) + "\n")
    lock = image / "requirements.lock"
    lock.write_text(without(lock.read_text(), LEFT_OUT))
    return small


def without(lock: str, names: list[str]) -> str:
    """Take packages out of a lock file, and what is there for these alone."""
    entries = re.split(r"^(?=\S)", lock, flags=re.M)
    gone = set(names)
    while True:
        left = [
            entry
            for entry in entries
            if _name(entry) not in gone and (not (via := _asked_by(entry)) or via - gone)
        ]
        if len(left) == len(entries):
            return "".join(entries)
        gone |= {*map(_name, entries)} - {*map(_name, left)}
        entries = left


def _name(entry: str) -> str:
    return entry.partition("==")[0]


def _asked_by(entry: str) -> set[str]:
    _, _, comment = entry.partition("# via")
    return {line.strip(" #") for line in comment.splitlines()} - {""}
