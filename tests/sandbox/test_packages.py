"""Other people's packages: whatever builds them, the wheel is that of a checkout."""

import io
import json
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest

from ops.images.context import prepare
from ops.images.wanted import Wanted
from ops.settings.config import load
from sandbox.inv import Inv
from sandbox.layout import ROOT
from sandbox.running import Sandbox
from tests.sample import git
from tests.sample.backends import COMPILED, PURE, SETUPTOOLS, make_package
from tests.sandbox.look import installed, sh

STATE = "labs"
TAG = "v1.2"
LOOK = """
import json, pathlib, zipfile
out = pathlib.Path("/wheel")
(wheel,) = out.glob("*.whl")
print(json.dumps({
    "wheel": wheel.name,
    "files": sorted(zipfile.ZipFile(wheel).namelist()),
    **{name: (out / f"{name}.txt").read_text().split() for name in ("requires", "packages")},
}))
"""
PROBE = {"AGFALTA_TOOLS_IMPORT": "probe", "IMAGE_NAME": "probe"}


@pytest.fixture(scope="module")
def compilers(inv: Inv) -> Inv:
    """The tasks with a recipe that has compilers, as in reality."""
    listed = (ROOT / "lab-image/build-packages.txt").read_text()
    (inv.root / "lab-image/build-packages.txt").write_text(listed)
    return inv


def built(host: Sandbox, inv: Inv, source: Path, folder: Path) -> dict[str, Any]:
    """Run the wheel's stage of the image on the host; return what came out of it."""
    settings = inv.environment(AGFALTA_TOOLS_SOURCE=str(source), **PROBE)
    image = prepare(inv.root, load(inv.root, settings), Wanted(TAG), folder, folder / "cache")
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        archive.add(image.context, "probe")
    sh(host, "rm -rf /root/probe")
    host.container.put_archive("/root", packed.getvalue())
    arguments = "--build-arg BASE_IMAGE=labhub-base --target wheel --tag probe-wheel"
    sh(host, f"docker buildx build --quiet --load {arguments} /root/probe")
    run = "docker run --rm --network none probe-wheel python3 -c"
    found: dict[str, Any] = json.loads(sh(host, f'{run} "$1"', LOOK))
    return found


def by_hand(source: Path, folder: Path) -> list[str]:
    """Return what is in the wheel that pip makes in a real clone at the tag."""
    git(folder, "clone", "--quiet", str(source), "clone")
    git(folder / "clone", "checkout", "--quiet", TAG)
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--use-pep517"]
    subprocess.run([*pip, "--wheel-dir", str(folder / "out"), str(folder / "clone")], check=True)
    (wheel,) = (folder / "out").glob("*.whl")
    return sorted(zipfile.ZipFile(wheel).namelist())


@pytest.mark.parametrize("backend", PURE)
def test_the_wheel_of_each_backend_is_that_of_a_checkout(
    host: Sandbox, inv: Inv, tmp_path: Path, backend: str
) -> None:
    source = make_package(tmp_path / "probe", PURE[backend])
    found = built(host, inv, source, tmp_path / "ours")
    assert found["files"] == by_hand(source, tmp_path)
    assert "probe/data/table.csv" in found["files"]
    assert found["wheel"].startswith("probe-1.2") and found["wheel"].endswith("none-any.whl")


@pytest.mark.parametrize("language", COMPILED)
def test_a_compiled_package_is_built_with_what_no_lab_has(
    host: Sandbox, compilers: Inv, tmp_path: Path, language: str
) -> None:
    source = make_package(tmp_path / "probe", COMPILED[language])
    found = built(host, compilers, source, tmp_path / "ours")
    assert "probe-1.2-cp313-cp313-" in found["wheel"]
    assert any("_core" in name and name.endswith(".so") for name in found["files"])
    assert ("libgfortran5" in found["packages"]) == language.startswith("Fortran")
    assert not any(name.startswith(("gcc", "g++", "build")) for name in found["packages"])


def test_an_image_of_a_compiled_package_has_its_libraries_and_no_compiler(
    host: Sandbox, compilers: Inv, tmp_path: Path
) -> None:
    source = make_package(tmp_path / "probe", COMPILED["Fortran, meson-python"])
    compilers.ok("push", "--tag", TAG, AGFALTA_TOOLS_SOURCE=str(source), **PROBE)
    run = f"docker run --rm --network none --entrypoint bash localhost:5000/probe:{TAG} -c"
    assert sh(host, f"{run} 'python -c \"import probe; print(probe.answer())\"'").endswith("42")
    assert sh(host, f"{run} 'dpkg-query -W libgfortran5 | wc -l; command -v gcc || true'") == "1"


def test_what_exists_as_source_only_is_built(host: Sandbox, compilers: Inv, tmp_path: Path) -> None:
    text = SETUPTOOLS.format('"crcmod==1.7", "docopt==0.6.2"')
    source = make_package(tmp_path / "probe", {"pyproject.toml": text})
    compilers.ok("push", "--tag", TAG, "--force", AGFALTA_TOOLS_SOURCE=str(source), **PROBE)
    has = installed(host, f"probe:{TAG}")
    assert (has["crcmod"], has["docopt"]) == ("1.7", "0.6.2")


def test_a_build_that_fails_tells_what_the_compiler_said_and_what_to_edit(
    host: Sandbox, compilers: Inv, tmp_path: Path
) -> None:
    files = dict(COMPILED["C, setuptools"])
    files["core.c"] = f"#include <fftw3.h>\n{files['core.c']}"
    source = make_package(tmp_path / "probe", files)
    push = ("push", "--tag", TAG, "--force")
    said = compilers.fails(*push, AGFALTA_TOOLS_SOURCE=str(source), **PROBE)
    first, *cause = said.splitlines()
    site = compilers.root / f"site.{compilers.lab}"
    assert "the header fftw3.h is missing" in first and f"{site.name}/build-packages.txt" in first
    assert any("fatal error: fftw3.h: No such file" in line for line in cause)
    log = Path(cause[-1].partition("All that the build printed: ")[2])
    assert "fatal error: fftw3.h" in log.read_text() and len(log.read_text()) > 2 * len(said)
    # What helps is what it says: the header's package, whose library comes into the image.
    site.mkdir()
    (site / "build-packages.txt").write_text("libfftw3-dev\n")
    files["setup.py"] = files["setup.py"].replace('["core.c"]', '["core.c"], libraries=["fftw3"]')
    files["core.c"] = files["core.c"].replace("(42)", "(41 + (fftw_version[0] != 0))")
    linked = make_package(tmp_path / "linked" / "probe", files)
    assert built(host, compilers, linked, tmp_path / "ours")["packages"] == ["libfftw3-double3"]
