"""Twenty well-known scientific packages as they are, each pushed to a sandbox host.

`python -m bench.packages [NAME…]` prints the table of bench/README.md: whether each can be pushed
without any setting but its source, and in what sentence it is refused where it cannot. It takes
about half an hour, and wants the network.
"""

import sys
import time
from dataclasses import dataclass

from sandbox.host import down, up
from sandbox.inv import Inv
from tests.sandbox.look import sh

LAB = "packages"
GITHUB = "https://github.com"


@dataclass(frozen=True)
class Package:
    """A package of somebody else: where it comes from, and what it is an example of."""

    name: str
    tag: str
    module: str
    kind: str
    source: str = ""


PACKAGES = (
    # From PyPI.
    Package("hyperspy", "2.5.0", "hyperspy", "pure, many requirements"),
    Package("ase", "3.29.0", "ase", "pure"),
    Package("pyFAI", "2026.9.0", "pyFAI", "Cython, wheels"),
    Package("xraylarch", "2026.3.1", "larch", "pure, very many requirements"),
    Package("igor2", "0.5.15", "igor2", "pure, small"),
    Package("scikit-image", "0.26.0", "skimage", "Cython, wheels"),
    Package("astropy", "8.0.2", "astropy", "C, wheels"),
    Package("numba", "0.68.1", "numba", "LLVM, wheels"),
    Package("obspy", "1.5.1", "obspy", "C and Fortran"),
    Package("peakutils", "1.3.5", "peakutils", "old: setup.py"),
    Package("trackpy", "0.7", "trackpy", "pure"),
    Package("pyscf", "2.14.0", "pyscf", "C by cmake, wheels"),
    Package("abtem", "1.0.11", "abtem", "numba behind it"),
    Package("gpaw", "26.7.0", "gpaw", "C, source only, needs libxc"),
    Package("pyqtgraph", "0.14.0", "pyqtgraph", "asks for no Qt, and imports it"),
    # From their own repositories.
    Package("lmfit", "1.3.4", "lmfit", "setuptools-scm", f"{GITHUB}/lmfit/lmfit-py.git"),
    Package("reproject", "v0.21.0", "reproject", "Cython", f"{GITHUB}/astropy/reproject.git"),
    Package(
        "nanite", "4.2.0", "nanite", "pure, setuptools-scm", f"{GITHUB}/AFM-analysis/nanite.git"
    ),
    Package("psygnal", "v0.15.0", "psygnal", "hatch-vcs", f"{GITHUB}/pyapp-kit/psygnal.git"),
    Package("pyfftw", "v0.15.0", "pyfftw", "Cython, needs fftw", f"{GITHUB}/pyFFTW/pyFFTW.git"),
)


def main(names: list[str]) -> None:
    """Bring a host up, push each, and take the host away."""
    chosen = [it for it in PACKAGES if not names or it.name in names]
    down(LAB)
    host, inv = up(LAB), Inv(LAB)
    try:
        inv.ok("deploy")
        print("| package | from | what it is | `inv push` |\n|---|---|---|---|")
        for package in chosen:
            print(row(inv, package), flush=True)
            # A disk holds so many of them.
            sh(host, f"docker image rm --force localhost:5000/{package.name.lower()}:{package.tag}")
    finally:
        down(LAB)


def row(inv: Inv, package: Package) -> str:
    """Push one, and say what came of it."""
    source = {
        "AGFALTA_TOOLS_SOURCE": package.source or f"pypi:{package.name}",
        "AGFALTA_TOOLS_IMPORT": package.module,
        "IMAGE_NAME": package.name.lower(),
    }
    began = time.monotonic()
    outcome = inv("push", "--tag", package.tag, "--no-latest", **source)
    took = time.monotonic() - began
    notes = outcome.output.count("instead of the lab's own: ")
    said = (outcome.errors.strip().splitlines() or [""])[0].partition("is not published: ")[2]
    works = f"works, {took:.0f} s" + (f"; of the lab's own yield: {notes}" if notes else "")
    origin = "its repository" if package.source else "PyPI"
    result = works if outcome.status == 0 else f"refused: {said or outcome.errors.strip()}"
    return f"| {package.name} {package.tag} | {origin} | {package.kind} | {result} |"


if __name__ == "__main__":
    main(sys.argv[1:])
