"""A small `agfalta_tools` in a real git repository, for tests and for `make demo`.

The package is what a surface-science lab might write: LEEM IV curves and drift correction. It
needs numpy, which is in every lab, and uncertainties, which is not: the image has to bring it.
"""

import os
import subprocess
from pathlib import Path

NAME = "agfalta_tools"
TAGS = ("1.0", "1.1", "1.2")
DAY_OF = {"1.0": "2026-01-12", "1.1": "2026-03-09", "1.2": "2026-06-22"}

_IV = '''"""LEEM IV curves: intensity of a spot or region against the electrons' start voltage."""

import numpy as np
from numpy.typing import ArrayLike, NDArray


def normalise(intensity: ArrayLike, background: float = 0.0) -> NDArray[np.float64]:
    """Return an IV curve scaled to a mean intensity of 1, its background taken off."""
    curve = np.asarray(intensity, dtype=float) - background
    mean = curve.mean()
    if mean == 0:
        raise ValueError("an IV curve without intensity cannot be normalised")
    return curve / mean


def peaks(voltage: ArrayLike, intensity: ArrayLike) -> NDArray[np.float64]:
    """Return the start voltages (V) of the Bragg peaks: the local maxima of a curve."""
    volts, curve = np.asarray(voltage, dtype=float), np.asarray(intensity, dtype=float)
    is_peak = (curve[1:-1] > curve[:-2]) & (curve[1:-1] >= curve[2:])
    return volts[1:-1][is_peak]
'''
_DRIFT = '''"""Drift of a LEEM image stack, found by phase correlation."""

import numpy as np
from numpy.typing import NDArray


def shift_between(reference: NDArray[np.float64], image: NDArray[np.float64]) -> tuple[int, int]:
    """Return how many pixels (rows, columns) an image has drifted from the reference."""
    spectrum = np.fft.fft2(image) * np.fft.fft2(reference).conj()
    correlation = np.fft.ifft2(spectrum / np.maximum(np.abs(spectrum), 1e-12)).real
    found = np.unravel_index(correlation.argmax(), correlation.shape)
    shifts = [
        int(at) - size if at > size // 2 else int(at)
        for at, size in zip(found, correlation.shape, strict=True)
    ]
    return shifts[0], shifts[1]


def correct(stack: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return an image stack whose frames all lie on the first one."""
    frames = []
    for frame in stack:
        rows, columns = shift_between(stack[0], frame)
        frames.append(np.roll(frame, (-rows, -columns), (0, 1)))
    return np.stack(frames)
'''
_STEP = '''"""The height of an atomic step, from the phase that it gives to reflected electrons."""

from uncertainties import UFloat, ufloat

WAVELENGTH_AT_1_V = 12.2643  # angstrom


def height(start_voltage: float, error: float, order: int = 1) -> UFloat:
    """Return the step height (angstrom) of the interference maximum at a start voltage (V)."""
    return order * WAVELENGTH_AT_1_V / 2 / ufloat(start_voltage, error) ** 0.5
'''
_INIT = '''"""Analysis of low-energy electron microscopy (LEEM) data."""

from importlib.metadata import version

__version__ = version("agfalta-tools")
'''
_README = "# agfalta_tools\n\nIV curves, drift correction and step heights from LEEM images.\n"
_FIXED_VERSION = """[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"

[project]
version = "{tag}"
"""
_VERSION_FROM_GIT = """[build-system]
requires = ["setuptools>=77", "setuptools-scm>=8"]
build-backend = "setuptools.build_meta"

[tool.setuptools_scm]

[project]
dynamic = ["version"]
"""
_PROJECT = """name = "agfalta-tools"
description = "Analysis of low-energy electron microscopy data"
readme = "README.md"
requires-python = ">=3.11"
dependencies = ["numpy>=2", "uncertainties>=3.2"]

[tool.setuptools]
packages = ["agfalta_tools"]
"""


def make_sample(path: Path, scm: bool = False) -> Path:
    """Make the repository in a new folder, tagged 1.0, 1.1 and 1.2, and return the folder.

    With `scm`, its version comes from git by setuptools_scm. The commits are the same wherever
    and whenever it is made.
    """
    path.mkdir(parents=True)
    git(path, "init", "--quiet", "--template=", "--initial-branch=main")
    for tag in TAGS:
        for name, content in _files(tag, scm).items():
            file = path / name
            file.parent.mkdir(exist_ok=True)
            file.write_text(content)
        commit(path, f"Release {tag}", DAY_OF[tag])
        git(path, "tag", tag)
    return path


def _files(tag: str, scm: bool) -> dict[str, str]:
    build = _VERSION_FROM_GIT if scm else _FIXED_VERSION.format(tag=tag)
    files = {
        "README.md": _README,
        "pyproject.toml": build + _PROJECT,
        ".gitignore": "*.egg-info/\nbuild/\n",
        f"{NAME}/__init__.py": _INIT,
        f"{NAME}/iv.py": _IV,
    }
    if tag >= "1.1":
        files[f"{NAME}/drift.py"] = _DRIFT
    if tag >= "1.2":
        files[f"{NAME}/step.py"] = _STEP
    return files


def commit(path: Path, message: str, day: str = "2026-09-01") -> str:
    """Commit everything in a sample's work tree, and return the commit."""
    git(path, "add", "--all")
    git(path, "commit", "--quiet", "--allow-empty", f"--message={message}", day=day)
    return git(path, "rev-parse", "HEAD")


def git(path: Path, *args: str, day: str = "2026-09-01") -> str:
    """Run git as nobody in particular: whoever runs it, their configuration changes nothing."""
    who = {"NAME": "Ada Sample", "EMAIL": "ada@example.org", "DATE": f"{day}T12:00:00+00:00"}
    clean = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    env = clean | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C"}
    for role in ("AUTHOR", "COMMITTER"):
        env |= {f"GIT_{role}_{key}": value for key, value in who.items()}
    command = ["git", "-C", str(path), "-c", "safe.directory=*", *args]
    done = subprocess.run(command, env=env, check=True, capture_output=True, text=True)
    return done.stdout.strip()
