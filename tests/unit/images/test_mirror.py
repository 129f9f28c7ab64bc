"""Work in progress is found by branch or commit, in a mirror that one at a time changes."""

import subprocess
import sys
from pathlib import Path

import pytest

from ops.errors import SourceError
from ops.images.export import Export, export
from ops.images.mirror import uncommitted
from ops.images.source import parse_source
from sandbox.patience import SILENCE
from tests.sample import commit, make_sample
from tests.sample import git as run_git

ROOT = Path(__file__).parents[3]


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    """A sample with a branch that is ahead of its last tag by two commits."""
    made = make_sample(tmp_path / "agfalta_tools")
    run_git(made, "checkout", "--quiet", "-b", "feature/fit")
    for number in (1, 2):
        (made / "agfalta_tools/fit.py").write_text(f"STEP = {number}\n")
        commit(made, f"Step {number}")
    return made


def work(source: Path | str, ref: str, tmp_path: Path) -> Export:
    into = tmp_path / f"out-{len(list(tmp_path.iterdir()))}"
    return export(parse_source(str(source)), ref, into, tmp_path / "cache", is_work=True)


@pytest.mark.parametrize("form", ["{}", "file://{}"])
def test_a_branch_a_commit_and_what_git_calls_them(sample: Path, tmp_path: Path, form: str) -> None:
    source = form.format(sample)
    head, before = run_git(sample, "rev-parse", "HEAD"), run_git(sample, "rev-parse", "HEAD~1")
    for ref in ("feature/fit", "HEAD", head, head[:7]):
        found = work(source, ref, tmp_path)
        assert (found.revision, found.branch) == (head, "feature/fit"), ref
        assert (found.folder / "agfalta_tools/fit.py").read_text() == "STEP = 2\n"
    for ref in ("feature/fit~1", "HEAD~1", before[:10], f"{head}~1"):
        found = work(source, ref, tmp_path)
        assert (found.revision, found.branch) == (before, "feature/fit"), ref
    assert work(source, "1.1", tmp_path).branch in ("main", "feature/fit")


def test_a_repository_without_any_tag(tmp_path: Path) -> None:
    young = tmp_path / "young"
    young.mkdir()
    run_git(young, "init", "--quiet", "--template=", "--initial-branch=main")
    (young / "pyproject.toml").write_text("[project]\nname = 'young'\n")
    first = commit(young, "Begin")
    assert work(young, "main", tmp_path).revision == first


def test_a_shallow_checkout_has_its_branch(sample: Path, tmp_path: Path) -> None:
    shallow = tmp_path / "shallow"
    run_git(tmp_path, "clone", "--quiet", "--depth=1", f"file://{sample}", str(shallow))
    for number in (3, 4):
        (shallow / "agfalta_tools/fit.py").write_text(f"STEP = {number}\n")
        found = work(shallow, "feature/fit", tmp_path)
        assert found.revision == run_git(shallow, "rev-parse", "HEAD")
        assert "labhub" not in run_git(found.folder, "for-each-ref")
        commit(shallow, f"Step {number}")


def test_a_branch_that_moves_is_followed_and_one_that_is_gone_is_named(
    sample: Path, tmp_path: Path
) -> None:
    assert work(sample, "feature/fit", tmp_path).branch
    moved = commit(sample, "Further")
    assert work(sample, "feature/fit", tmp_path).revision == moved
    run_git(sample, "checkout", "--quiet", "main")
    run_git(sample, "branch", "--quiet", "-D", "feature/fit")
    with pytest.raises(SourceError, match=r"feature/fit does not exist in .*branches: main"):
        work(sample, "feature/fit", tmp_path)


def test_a_commit_on_no_branch_is_fetched_by_its_name(sample: Path, tmp_path: Path) -> None:
    run_git(sample, "config", "uploadpack.allowAnySHA1InWant", "true")
    lost = run_git(sample, "rev-parse", "HEAD")
    run_git(sample, "reset", "--quiet", "--hard", "HEAD~1")
    found = work(sample, lost, tmp_path)
    assert (found.revision, found.branch) == (lost, "")
    with pytest.raises(SourceError, match="does not exist"):
        work(sample, "0" * 40, tmp_path)


def test_the_clone_of_a_release_has_no_branch_of_the_work(sample: Path, tmp_path: Path) -> None:
    work(sample, "feature/fit", tmp_path)
    made = export(parse_source(str(sample)), "1.2", tmp_path / "out", tmp_path / "cache")
    assert "fit" not in run_git(made.folder, "for-each-ref")


def test_what_is_not_committed_is_counted_and_not_touched(sample: Path) -> None:
    head = run_git(sample, "rev-parse", "HEAD")
    assert uncommitted(str(sample), head) == 0
    (sample / "new.py").touch()
    (sample / "README.md").write_text("other\n")
    index = (sample / ".git/index").stat().st_mtime_ns
    assert uncommitted(str(sample), head) == 2
    assert uncommitted(str(sample), run_git(sample, "rev-parse", "1.2")) == 0, "of another commit"
    assert (sample / ".git/index").stat().st_mtime_ns == index
    assert uncommitted("https://git.example.org/x.git", head) == 0


def test_five_first_fetches_at_once_make_one_mirror(sample: Path, tmp_path: Path) -> None:
    code = (
        "import sys, pathlib; from ops.images.export import export; "
        "from ops.images.source import parse_source; "
        "export(parse_source(sys.argv[1]), '1.2', *map(pathlib.Path, sys.argv[2:]))"
    )
    begun = [
        subprocess.Popen(
            [sys.executable, "-c", code, sample, tmp_path / f"out{number}", tmp_path / "cache"],
            cwd=ROOT,
            stderr=subprocess.PIPE,
        )
        for number in range(5)
    ]
    for process in begun:
        _, said = process.communicate(timeout=SILENCE)
        assert process.returncode == 0, said
    assert len(list((tmp_path / "cache").glob("*.git"))) == 1
