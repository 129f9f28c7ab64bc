"""What the scripts of the lab image's recipe make of metadata, of locks, and of failures."""

import importlib
import sys
import zipfile
from email.parser import Parser
from pathlib import Path
from types import ModuleType

import pytest

RECIPE = Path(__file__).parents[3] / "lab-image/build"
METADATA = """Metadata-Version: 2.1
Name: Surface.Lab
Provides-Extra: gui
Provides-Extra: all
Requires-Dist: numpy>=2
Requires-Dist: tomli; python_version < "3.11"
Requires-Dist: qtpy>=2; extra == "gui"
Requires-Dist: mkl; extra == "gui" and sys_platform == "win32"
Requires-Dist: surface-lab[gui]; extra == "all"
"""
LOCK = """numpy==2.4.0 \\
    --hash=sha256:aa \\
    --hash=sha256:bb
    # via
    #   matplotlib
python-dateutil==2.9.0.post0 \\
    --hash=sha256:cc
    # via pandas
lab-io @ git+https://h.org/io.git@0123
    # via probe
old==1 ; python_version < '3' \\
    --hash=sha256:dd
scipy==1.16.3 ; python_full_version < '3.10' \\
    --hash=sha256:ee
scipy==1.18.1 ; python_full_version >= '3.10' \\
    --hash=sha256:ff
"""


@pytest.fixture
def recipe(monkeypatch: pytest.MonkeyPatch) -> dict[str, ModuleType]:
    """The scripts, as modules that find one another."""
    monkeypatch.syspath_prepend(str(RECIPE))
    names = ("told", "linked", "locks", "wheel", "resolve")
    for name in names:
        monkeypatch.delitem(sys.modules, name, raising=False)
    return {name: importlib.import_module(name) for name in names}


@pytest.mark.parametrize(
    ("extras", "needed"),
    [
        (set(), ["numpy>=2"]),
        ({"gui"}, ["numpy>=2", "qtpy>=2"]),
        ({"all"}, ["numpy>=2", "qtpy>=2"]),
    ],
)
def test_what_holds_here_is_required_with_its_extras(
    recipe: dict[str, ModuleType], extras: set[str], needed: list[str]
) -> None:
    assert recipe["wheel"].required(Parser().parsestr(METADATA), extras) == needed


def test_an_extra_that_there_is_not_is_refused_with_those_that_there_are(
    recipe: dict[str, ModuleType],
) -> None:
    refused = recipe["told"].RefusedError
    with pytest.raises(refused, match=r"Surface\.Lab has no extra tests; it has: all, gui"):
        recipe["wheel"].required(Parser().parsestr(METADATA), {"tests"})


def test_a_lock_is_read_by_name_with_hashes_and_without_remarks(
    recipe: dict[str, ModuleType],
) -> None:
    pins = recipe["locks"].pins(f"# Python 3.13\n{LOCK}")
    assert list(pins) == ["numpy", "python-dateutil", "lab-io", "scipy"]
    assert pins["scipy"] == "scipy==1.18.1 \\\n    --hash=sha256:ff"
    assert pins["python-dateutil"].endswith("--hash=sha256:cc") and "#" not in pins["numpy"]
    versions = [recipe["locks"].version(entry) for entry in pins.values()]
    assert versions == ["2.4.0", "2.9.0.post0", "git+https://h.org/io.git@0123", "1.18.1"]


@pytest.mark.parametrize(
    ("printed", "sentence"),
    [
        ("core.c:1:10: fatal error: fftw3.h: No such file or directory", "the header fftw3.h"),
        ('../meson.build:3:0: ERROR: Dependency "xc" not found, tried', "xc is missing"),
        ("ModuleNotFoundError: No module named 'numpy'", "[build-system] requires"),
        ("error: command 'swig' failed: No such file or directory", "needs the program swig"),
        ("ModuleNotFoundError: No module named 'pkg_resources'", "name setuptools<81 in"),
        ("ModuleNotFoundError: No module named 'distutils'", "it is older than Python"),
        (
            "AttributeError: module 'pkgutil' has no attribute 'ImpImporter'",
            "it is older than Python",
        ),
        ("something new", "the cause stands below"),
    ],
)
def test_the_cause_that_a_backend_prints_is_told_with_the_next_step(
    recipe: dict[str, ModuleType], printed: str, sentence: str
) -> None:
    assert sentence in recipe["told"].hint(printed)


@pytest.mark.parametrize(
    ("printed", "names"),
    [
        ("Failed to build crcmod docopt", "crcmod"),
        (
            "ERROR: Failed building wheel for numpy\nFailed to build numpy\n"
            "ERROR: Failed to build one or more wheels",
            "numpy",
        ),
        ("  \N{MULTIPLICATION SIGN} Failed to build `numpy==1.21.0`", "numpy"),
        (
            "\N{MULTIPLICATION SIGN} Encountered error while generating package metadata.\n"
            "\N{BOX DRAWINGS LIGHT ARC UP AND RIGHT}\N{BOX DRAWINGS LIGHT HORIZONTAL}> numpy\n\n"
            "note: This is an issue with the package mentioned above, not pip.",
            "numpy",
        ),
    ],
)
def test_what_did_not_build_is_named_with_the_ways_on(
    recipe: dict[str, ModuleType], printed: str, names: str
) -> None:
    assert recipe["resolve"].unbuilt(printed) == names
    sentence = str(recipe["resolve"].unbuildable(names, printed))
    assert sentence.startswith(f"{names} has no wheel for ")
    assert "site/requirements.in" in sentence


def test_who_has_the_older_python_is_not_sent_to_it(recipe: dict[str, ModuleType]) -> None:
    assert "LAB_BASE_IMAGE=debian:bookworm-slim" in recipe["told"].older((3, 13, 5))
    assert "LAB_BASE_IMAGE" not in recipe["told"].older((3, 11, 2))


UV = """gcc core.c
core.c:1: error
  \N{MULTIPLICATION SIGN} Failed to build `/source`
  hint: none
"""
UV_COMPILE = """error: Failed to build `foo==1`
  cause: The build backend returned an error
  cause: Call to `setuptools.build_meta.get_requires_for_build_wheel` failed (exit status: 1)

         [stdout]
         gcc core.c

         [stderr]
         core.c:1: error

hint: Build failures usually indicate a problem with the package or the build environment
"""
PIP = """Collecting foo==1
  error: subprocess-exited-with-error
  \N{MULTIPLICATION SIGN} Building wheel for foo (pyproject.toml) did not run successfully.
  | exit code: 1
  \N{BOX DRAWINGS LIGHT ARC UP AND RIGHT}\N{BOX DRAWINGS LIGHT HORIZONTAL}> [2 lines of output]
      gcc core.c
      core.c:1: error
      [end of output]
  note: This error originates from a subprocess, and is likely not a problem with pip.
  ERROR: Failed building wheel for foo
"""


@pytest.mark.parametrize("printed", [UV, UV_COMPILE, PIP], ids=["uv", "uv pip compile", "pip"])
def test_of_a_failure_the_backends_own_lines_are_told(
    recipe: dict[str, ModuleType], printed: str
) -> None:
    assert recipe["told"].backends_own(printed) == ["gcc core.c", "core.c:1: error"]


def test_an_extra_is_the_same_however_it_is_spelt(recipe: dict[str, ModuleType]) -> None:
    text = METADATA.replace("gui", "test-gui").replace("[test-gui]", "[test_gui]")
    assert recipe["wheel"].required(Parser().parsestr(text), {"all"}) == ["numpy>=2", "qtpy>=2"]


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("libs @ file:///source/libs", "requires libs from a folder"),
        ("numpy (>=2; x", "which is none"),
    ],
)
def test_a_requirement_that_cannot_hold_is_refused_by_its_name(
    recipe: dict[str, ModuleType], line: str, sentence: str
) -> None:
    text = f"{METADATA}Requires-Dist: {line}\n"
    with pytest.raises(recipe["told"].RefusedError, match=sentence):
        recipe["wheel"].required(Parser().parsestr(text), set())


def wheel(folder: Path, name: str, *files: str) -> Path:
    """Make a wheel whose files are programs that link to something: real ones of this machine."""
    path = folder / name
    with zipfile.ZipFile(path, "w") as archive:
        for file in files:
            archive.write("/bin/ls", file)
    return path


def test_what_wheels_link_to_is_asked_of_all_that_is_in_them(
    recipe: dict[str, ModuleType], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    linked = recipe["linked"]
    built = wheel(tmp_path, "x-1-cp313-cp313-linux_x86_64.whl", "x/bin/solver")
    monkeypatch.setattr(linked, "IMAGE", tmp_path / "nothing")
    assert "libc6" in linked.debian_packages([built])
    monkeypatch.setattr(linked, "IMAGE", Path("/"))
    assert linked.debian_packages([built]) == []


def test_a_library_that_is_nowhere_is_an_error_of_what_was_built_here_alone(
    recipe: dict[str, ModuleType], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    linked = recipe["linked"]
    lost = [("libtbb.so.12", "")]
    monkeypatch.setattr(linked, "_linked", lambda folder: iter(lost))
    built = wheel(tmp_path, "x-1-cp313-cp313-linux_x86_64.whl", "x/core.so")
    with pytest.raises(recipe["told"].RefusedError, match=r"links to libtbb\.so\.12"):
        linked.debian_packages([built])
    assert linked.debian_packages([built, wheel(tmp_path, "y.whl", "y/libtbb.so.12")]) == []
    ready = wheel(tmp_path, "x-1-cp313-cp313-manylinux_2_28_x86_64.whl", "x/core.so")
    assert linked.debian_packages([ready]) == []


def test_what_comes_from_a_repository_stays_while_it_is_asked_for_as_before(
    recipe: dict[str, ModuleType],
) -> None:
    locks = recipe["locks"]
    metadata = (
        "Name: x\nRequires-Dist: numpy\nRequires-Dist: Lab_IO[fast] @ git+https://h.org/io.git\n"
    )
    required = "".join(
        f"{it}\n" for it in recipe["wheel"].required(Parser().parsestr(metadata), set())
    )
    asked = locks.asked_of_git(f"# remarks\n\n{required}")
    assert list(asked) == ["lab-io"]
    kept = "\n".join(locks.remember(["lab-io @ git+https://h.org/io.git@0123"], asked))
    (again,) = locks.again(kept, asked)
    assert again.replace(" ", "") == "Lab_IO[fast]@git+https://h.org/io.git@0123"
    other = locks.asked_of_git("lab-io @ git+https://h.org/io.git@v2\n")
    assert not [*locks.again(kept, other), *locks.again(kept, {}), *locks.again("", asked)]
    # One that another repository asks for is nobody's wish here.
    assert not [*locks.again("\n".join(locks.remember(["b @ git+https://h.org/b@1"], {})), {})]


def test_another_pythons_versions_are_not_preferred(recipe: dict[str, ModuleType]) -> None:
    mine = f"# {recipe['told'].PYTHON}\ntoolz==1\n"
    assert recipe["resolve"].preferences("numpy==2\n", mine) == f"numpy==2\n{mine}"
    assert recipe["resolve"].preferences("numpy==2\n", "# Python 3.9\ntoolz==1\n") == "numpy==2\n"
    assert recipe["resolve"].preferences("numpy==2\n", "") == "numpy==2\n"
