"""What decides whether the tests of the virtual host have to run: digests, and whole lists."""

import ast
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace as Namespace
from typing import cast

import pytest
from pytest import Session

from tests.vm import covers
from tests.vm.covers import COVERS, FOLDER, ROOT
from tests.vm.run import Notes

FOLLOWED = ("tests", "sandbox")
"""Whose imports are helpers of a test; what of the tool is covered is chosen."""
BESIDES = "def of_another_test(): ...\n"


def imported(path: str, root: Path = ROOT) -> Iterator[str]:
    """Return the files of the repository that a module of it imports itself."""
    for node in ast.walk(ast.parse((root / path).read_text())):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            module = node.module or ""
            names = [module, *(f"{module}.{alias.name}" for alias in node.names)]
        else:
            continue
        for name in names:
            file = f"{name.replace('.', '/')}.py"
            if name.partition(".")[0] in FOLLOWED and (root / file).is_file():
                yield file


def helpers(path: str, root: Path = ROOT) -> set[str]:
    """Return the files that a module imports, they or what they import."""
    found: set[str] = set()
    ahead = [path]
    while ahead:
        new = set(imported(ahead.pop(), root)) - found
        found |= new
        ahead.extend(new)
    return found


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """Another place with all that is covered, as it is here."""
    for test in COVERS:
        for name, path in covers.files(test).items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, tmp_path / name)
    shutil.copyfile(ROOT / "compose/compose.yaml", tmp_path / "compose/compose.yaml")
    return tmp_path


def changed_by(clone: Path, name: str, content: str) -> set[str]:
    """Return the test files whose digests are others after a file has got this content."""
    before = {test: covers.digest(test, clone) for test in COVERS}
    (clone / name).parent.mkdir(parents=True, exist_ok=True)
    (clone / name).write_text(content)
    return {test for test in COVERS if covers.digest(test, clone) != before[test]}


def test_every_test_file_of_the_virtual_host_has_its_list() -> None:
    assert sorted(COVERS) == sorted(path.name for path in (ROOT / FOLDER).glob("test_*.py"))


@pytest.mark.parametrize("test", COVERS)
def test_a_list_names_all_that_its_test_imports(test: str) -> None:
    used = {f"{FOLDER}/{test}", f"{FOLDER}/conftest.py"}
    missing = set.union(used, *map(helpers, used)) - set(covers.files(test))
    assert not missing, f"{test} uses {sorted(missing)}: add them to its list in {FOLDER}/covers.py"


def test_an_import_inside_a_helper_is_found(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests/a.py").write_text("from tests import b\n")
    (tmp_path / "tests/b.py").write_text("def f():\n    import tests.c\n")
    (tmp_path / "tests/c.py").write_text("from tests.a import x\nimport json\n")
    assert helpers("tests/a.py", tmp_path) == {f"tests/{name}.py" for name in "abc"}


def test_where_the_repository_lies_and_what_lies_about_is_the_same_to_a_digest(
    clone: Path,
) -> None:
    assert all(covers.digest(test, clone) == covers.digest(test) for test in COVERS)
    for name in (
        *("ops/mounts/__pycache__/facts.cpython-311.pyc", "ops/mounts/.#facts.py"),
        *(
            "ops/images/walk.py",
            ".venv/ops/mounts/facts.py",
            "tests/vm/passed",
            "sandbox/vm/.mounts.py.swp",
        ),
    ):
        assert not changed_by(clone, name, "another\n"), name


def test_a_change_costs_only_the_tests_that_it_touches(clone: Path) -> None:
    everything = set(COVERS)
    mounts = everything - {"test_0_machine.py"}
    for name, touched in {
        "tests/vm/test_3_boot.py": {"test_3_boot.py"},
        "tests/vm/conftest.py": everything,
        "sandbox/vm/new.py": everything,
        "ops/mounts/operation.py": mounts,
        "ops/mounts/more.sh": mounts,
        "ops/remote/session.py": mounts,
        "compose/hub/labhub/guard.py": {"test_4_labs.py"},
    }.items():
        assert changed_by(clone, name, BESIDES) == touched, name


def test_of_the_compose_file_the_volumes_of_the_hub_are_covered(clone: Path) -> None:
    text = (ROOT / "compose/compose.yaml").read_text()
    other = text.replace("retries: 3", "retries: 4")
    assert other != text and not changed_by(clone, "compose/compose.yaml", other)
    moved = text.replace("- /srv/labhub:/srv/labhub:ro", "- /srv/labhub:/srv/labhub:rw")
    assert changed_by(clone, "compose/compose.yaml", moved) == {"test_4_labs.py"}


def test_what_a_list_names_and_nobody_finds_is_told(clone: Path) -> None:
    (clone / "ops/settings/shares.py").rename(clone / "ops/settings/table.py")
    with pytest.raises(LookupError, match=r"ops/settings/shares\.py, which .* is nowhere"):
        covers.digest("test_1_mounts.py", clone)


def test_what_has_passed_is_noted_by_name(tmp_path: Path) -> None:
    noted = tmp_path / "passed"
    noted.write_text("1234  test_0_machine.py\n5678  test_9_gone.py\n")
    covers.write_passed("test_1_mounts.py", "abcd", noted)
    assert noted.read_text() == "1234  test_0_machine.py\nabcd  test_1_mounts.py\n"


@pytest.mark.parametrize(
    ("outcomes", "noted"),
    [
        ("passed passed passed passed", {"test_0_machine.py"}),
        ("passed failed passed passed", set()),
        ("passed passed failed passed", set()),
        ("skipped passed passed passed", set()),
        ("passed passed", set()),
    ],
)
def test_a_file_is_noted_when_all_of_it_has_passed_as_it_is_now(
    monkeypatch: pytest.MonkeyPatch, outcomes: str, noted: set[str]
) -> None:
    found: set[str] = set()
    monkeypatch.setattr(covers, "write_passed", lambda test, digest: found.add(test))
    notes = Notes({test: covers.digest(test) for test in COVERS})
    names = [f"{FOLDER}/test_0_machine.py::{name}" for name in ("one", "another")]
    notes.pytest_collection_finish(cast(Session, Namespace(items=[*map(item, names)])))
    phases = [(name, when) for name in names for when in ("call", "teardown")]
    for (name, when), outcome in zip(phases, outcomes.split(), strict=False):
        report = Namespace(nodeid=name, when=when, passed=outcome == "passed")
        notes.pytest_runtest_logreport(cast(pytest.TestReport, report))
    assert found == noted


def test_a_file_that_was_changed_meanwhile_is_not_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(covers, "write_passed", lambda test, digest: pytest.fail(test))
    notes = Notes({"test_0_machine.py": "as it was"})
    name = f"{FOLDER}/test_0_machine.py::one"
    notes.pytest_collection_finish(cast(Session, Namespace(items=[item(name)])))
    report = Namespace(nodeid=name, when="teardown", passed=True)
    notes.pytest_runtest_logreport(cast(pytest.TestReport, report))


def item(nodeid: str) -> Namespace:
    """Return as much of a test as is asked for."""
    return Namespace(nodeid=nodeid)


def test_the_virtual_host_has_passed_with_what_is_here() -> None:
    assert not (tests := covers.outdated()), (
        f"{', '.join(tests)}: what is covered has changed, so run make test-vm and commit "
        f"{FOLDER}/passed"
    )
