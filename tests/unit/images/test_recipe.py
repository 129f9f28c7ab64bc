"""What the scripts of the lab image's recipe make of metadata, of locks, and of failures."""

import importlib
import sys
from email.parser import Parser
from pathlib import Path
from types import ModuleType

import pytest

RECIPE = Path(__file__).parents[3] / "lab-image"
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
"""


@pytest.fixture
def recipe(monkeypatch: pytest.MonkeyPatch) -> dict[str, ModuleType]:
    """The scripts, as modules that find one another."""
    monkeypatch.syspath_prepend(str(RECIPE))
    names = ("told", "linked", "wheel", "resolve")
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
    pins = recipe["resolve"].pins(LOCK)
    assert list(pins) == ["numpy", "python-dateutil", "lab-io"]
    assert pins["python-dateutil"].endswith("--hash=sha256:cc") and "#" not in pins["numpy"]
    versions = [recipe["resolve"].version(entry) for entry in pins.values()]
    assert versions == ["2.4.0", "2.9.0.post0", "git+https://h.org/io.git@0123"]


@pytest.mark.parametrize(
    ("printed", "sentence"),
    [
        ("core.c:1:10: fatal error: fftw3.h: No such file or directory", "the header fftw3.h"),
        ('../meson.build:3:0: ERROR: Dependency "xc" not found, tried', "xc is missing"),
        ("ModuleNotFoundError: No module named 'numpy'", "[build-system] requires"),
        ("error: command 'swig' failed: No such file or directory", "needs the program swig"),
        ("something new", "no wheel can be made of the analysis package"),
    ],
)
def test_the_cause_that_a_backend_prints_is_told_with_the_next_step(
    recipe: dict[str, ModuleType], printed: str, sentence: str
) -> None:
    assert sentence in recipe["wheel"].cause(printed)


def test_of_a_failure_the_backends_own_lines_are_told(recipe: dict[str, ModuleType]) -> None:
    printed = (
        "gcc core.c\ncore.c:1: error\n  \N{MULTIPLICATION SIGN} Failed to build `/source`\n  hint"
    )
    assert list(recipe["wheel"].backends_own(printed)) == ["gcc core.c", "core.c:1: error"]
