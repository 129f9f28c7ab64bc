"""A clone is what a checkout of the repository at the tag is, and tells nothing of this machine."""

import os
from pathlib import Path

import pytest

from ops.errors import SourceError
from ops.hashing import tree_hash
from ops.images.export import export
from ops.images.source import parse_source
from tests.sample import commit, make_sample
from tests.sample import git as run_git

ALLOW = ("-c", "protocol.file.allow=always")
POINTER = (
    "version https://git-lfs.github.com/spec/v1\n"
    "oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n"
)


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    return make_sample(tmp_path / "agfalta_tools", scm=True)


def clone(source: Path | str, tag: str, tmp_path: Path, *without: str) -> Path:
    into = tmp_path / f"out-{tag}"
    return export(parse_source(str(source)), tag, into, tmp_path / "cache", without).folder


def test_history_tags_and_commit_are_those_of_the_repository(sample: Path, tmp_path: Path) -> None:
    run_git(sample, "tag", "--annotate", "--message=also", "also-1.1", "1.1^{}")
    made = clone(sample, "1.1", tmp_path)
    for asked in (
        ("rev-parse", "HEAD"),
        ("log", "--format=%H %an %ad %D", "HEAD"),
        ("describe", "--tags", "--always"),
        ("rev-list", "--count", "HEAD"),
        ("tag", "--points-at", "HEAD"),
    ):
        checkout = tmp_path / "checkout"
        if not checkout.exists():
            run_git(tmp_path, "clone", "--quiet", str(sample), "checkout")
            run_git(checkout, "checkout", "--quiet", "1.1")
        expected = run_git(checkout, *asked).replace(", origin/main", "").replace("origin/HEAD", "")
        assert run_git(made, *asked).replace(", main", "") == expected.replace(", main", "")
    assert run_git(made, "status", "--porcelain") == "", "and nothing looks edited"


def test_a_clone_is_clean_elsewhere_too(sample: Path, tmp_path: Path) -> None:
    made = clone(sample, "1.2", tmp_path)
    moved = made.rename(tmp_path / "elsewhere")
    os.utime(moved / "README.md", (1, 1))
    assert run_git(moved, "describe", "--tags", "--dirty") == "1.2"
    assert run_git(moved, "fsck") == ""


def test_nothing_in_it_tells_of_this_machine(sample: Path, tmp_path: Path) -> None:
    for number, name in enumerate(("lattice", "config", "my lattice")):
        with_submodule(sample, name, tmp_path, f"2.{number}")
    made = clone(sample, "2.2", tmp_path)
    assert (made / "vendor/my lattice/README.md").is_file()
    told = [
        str(path.relative_to(made))
        for path in (made / ".git").rglob("*")
        if path.is_file() and str(tmp_path).encode() in path.read_bytes()
    ]
    assert told == []
    assert not list((made / ".git").rglob("logs")) and not list((made / ".git").rglob("hooks"))


def test_the_umask_of_the_operator_does_not_matter(sample: Path, tmp_path: Path) -> None:
    (sample / "run.sh").write_text("#!/bin/sh\n")
    (sample / "run.sh").chmod(0o755)
    commit(sample, "A program")
    run_git(sample, "tag", "2.0")
    before = os.umask(0o077)
    try:
        made = clone(sample, "2.0", tmp_path)
    finally:
        os.umask(before)
    modes = {name: (made / name).stat().st_mode & 0o777 for name in ("run.sh", "README.md")}
    assert modes == {"run.sh": 0o755, "README.md": 0o644}
    assert (made / "agfalta_tools").stat().st_mode & 0o777 == 0o755


# --- submodules ----------------------------------------------------------------------------------


def with_submodule(sample: Path, name: str, tmp_path: Path, tag: str = "2.0") -> Path:
    """Give a repository a submodule by a relative URL, and a tag."""
    other = make_sample(tmp_path / name)
    run_git(sample, *ALLOW, "submodule", "--quiet", "add", f"../{name}", f"vendor/{name}")
    commit(sample, "With a submodule")
    run_git(sample, "tag", tag)
    return other


def test_a_submodule_of_a_submodule_is_there(sample: Path, tmp_path: Path) -> None:
    inner = make_sample(tmp_path / "inner")
    run_git(inner, *ALLOW, "submodule", "--quiet", "add", "../agfalta_tools", "deeper")
    commit(inner, "Nested")
    run_git(sample, *ALLOW, "submodule", "--quiet", "add", "../inner", "inner")
    commit(sample, "Outer")
    run_git(sample, "tag", "2.0")
    made = clone(sample, "2.0", tmp_path)
    assert (made / "inner/deeper/agfalta_tools/iv.py").is_file()
    assert run_git(made, "status", "--porcelain") == ""
    assert (made / "inner/deeper/agfalta_tools/iv.py").stat().st_mode & 0o777 == 0o644


def test_a_submodule_that_cannot_be_fetched_is_named_with_its_url_and_two_ways_on(
    sample: Path, tmp_path: Path
) -> None:
    gone = with_submodule(sample, "testdata", tmp_path)
    gone.rename(tmp_path / "private")
    with pytest.raises(SourceError) as refusal:
        clone(sample, "2.0", tmp_path)
    said = str(refusal.value)
    assert "The submodule vendor/testdata (../testdata) cannot be fetched: " in said
    assert "Get access to it" in said and "AGFALTA_TOOLS_WITHOUT=vendor/testdata" in said
    assert "\n" not in said


def test_of_nested_ones_the_one_that_is_away_is_named_and_left_out(
    sample: Path, tmp_path: Path
) -> None:
    inner = make_sample(tmp_path / "inner")
    with_submodule(inner, "deep", tmp_path)
    run_git(sample, *ALLOW, "submodule", "--quiet", "add", "../inner", "inner")
    commit(sample, "Outer")
    run_git(sample, "tag", "2.0")
    (tmp_path / "deep").rename(tmp_path / "private")
    with pytest.raises(SourceError) as refusal:
        clone(sample, "2.0", tmp_path)
    said = str(refusal.value)
    assert "The submodule inner/vendor/deep (../deep) cannot be fetched: " in said
    assert "does not appear to be a git repository" in said or "does not exist" in said
    out = tmp_path / "without"
    source, cache = parse_source(str(sample)), tmp_path / "cache"
    made = export(source, "2.0", out, cache, ["inner/vendor/deep"]).folder
    assert (made / "inner/README.md").is_file()
    assert list((made / "inner/vendor/deep").iterdir()) == []


def test_what_is_left_out_has_to_be_a_submodule(sample: Path, tmp_path: Path) -> None:
    with_submodule(sample, "lattice", tmp_path)
    with pytest.raises(SourceError, match=r"names lattice, .* it has: vendor/lattice"):
        clone(sample, "2.0", tmp_path, "lattice")


def test_file_names_of_any_bytes_survive(sample: Path, tmp_path: Path) -> None:
    name = os.fsdecode(b"\xdcber.txt")
    (sample / name).write_text("x")
    (sample / "link").symlink_to(name)
    commit(sample, "An old name")
    run_git(sample, "tag", "2.0")
    made = clone(sample, "2.0", tmp_path)
    assert (made / name).read_text() == "x" and tree_hash(made)


def test_a_submodule_that_is_left_out_is_not_asked_for(sample: Path, tmp_path: Path) -> None:
    with_submodule(sample, "testdata", tmp_path).rename(tmp_path / "private")
    made = clone(sample, "2.0", tmp_path, "vendor/testdata")
    assert list((made / "vendor/testdata").iterdir()) == []
    assert (made / "agfalta_tools/iv.py").is_file()


def test_a_submodule_that_a_later_tag_has_no_more_is_no_trouble(
    sample: Path, tmp_path: Path
) -> None:
    with_submodule(sample, "lattice", tmp_path)
    run_git(sample, "rm", "--quiet", "vendor/lattice")
    commit(sample, "Without it")
    run_git(sample, "tag", "3.0")
    assert not (clone(sample, "3.0", tmp_path) / "vendor").exists()
    assert (clone(sample, "2.0", tmp_path) / "vendor/lattice/README.md").is_file()


def test_a_submodule_without_an_entry_in_gitmodules_is_named(sample: Path, tmp_path: Path) -> None:
    with_submodule(sample, "lattice", tmp_path)
    run_git(sample, "rm", "--quiet", "--cached", ".gitmodules")
    (sample / ".gitmodules").unlink()
    run_git(sample, "commit", "--quiet", "--message=Forgotten")
    run_git(sample, "tag", "3.0")
    with pytest.raises(SourceError, match=r"vendor/lattice .without a URL in .gitmodules."):
        clone(sample, "3.0", tmp_path)


# --- Git LFS ------------------------------------------------------------------------------------


def test_what_git_lfs_keeps_elsewhere_is_refused_without_it(
    sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (sample / ".gitattributes").write_text("*.h5 filter=lfs diff=lfs merge=lfs -text\n")
    for number in range(5):
        (sample / f"agfalta_tools/stack{number}.h5").write_text(POINTER)
    # As who has no git-lfs commits them: as they are.
    run_git(sample, "-c", "filter.lfs.clean=", "-c", "filter.lfs.required=false", "add", "--all")
    run_git(sample, "commit", "--quiet", "--message=Data")
    run_git(sample, "tag", "2.0")
    monkeypatch.setattr("ops.images.clone.shutil.which", lambda name: None)
    with pytest.raises(SourceError) as refusal:
        clone(sample, "2.0", tmp_path)
    said = str(refusal.value)
    assert "agfalta_tools/stack0.h5, agfalta_tools/stack1.h5" in said and "and 2 more" in said
    assert "apt install git-lfs" in said


def test_what_git_lfs_keeps_elsewhere_is_fetched_with_it(
    sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lfs = [f"filter.lfs.{key}=git-lfs {key} -- %f" for key in ("clean", "smudge")]
    with_lfs = [word for setting in lfs for word in ("-c", setting)]
    (sample / ".gitattributes").write_text("*.h5 filter=lfs diff=lfs merge=lfs -text\n")
    (sample / "agfalta_tools/stack.h5").write_bytes(b"intensities" * 1000)
    run_git(sample, *with_lfs, "add", "--all")
    run_git(sample, *with_lfs, "commit", "--quiet", "--message=Data")
    run_git(sample, "tag", "2.0")
    assert run_git(sample, "show", "2.0:agfalta_tools/stack.h5").startswith(
        "version https://git-lfs"
    )
    monkeypatch.setenv("GIT_LFS_SKIP_SMUDGE", "1")
    made = clone(sample, "2.0", tmp_path)
    assert (made / "agfalta_tools/stack.h5").read_bytes() == b"intensities" * 1000
    assert run_git(made, *with_lfs, "status", "--porcelain") == ""


def test_an_lfs_server_that_is_away_is_told_by_its_own_words(sample: Path, tmp_path: Path) -> None:
    (sample / ".gitattributes").write_text("*.h5 filter=lfs diff=lfs merge=lfs -text\n")
    (sample / "agfalta_tools/stack.h5").write_text(POINTER)
    run_git(sample, "-c", "filter.lfs.clean=", "-c", "filter.lfs.required=false", "add", "--all")
    run_git(sample, "commit", "--quiet", "--message=Data")
    run_git(sample, "tag", "2.0")
    with pytest.raises(SourceError, match="keeps files in Git LFS that cannot be fetched: ") as it:
        clone(sample, "2.0", tmp_path)
    assert "git lfs fetch" in str(it.value)


# --- where the package stands ---------------------------------------------------------------------


def test_a_package_in_a_subfolder_and_its_extras(sample: Path, tmp_path: Path) -> None:
    source = parse_source(f"{sample}#subdirectory=agfalta_tools[gui, dev]")
    assert (source.subfolder, source.extras) == ("agfalta_tools", ("dev", "gui"))  # type: ignore[union-attr]
    assert parse_source("https://h.org/x.git#subdirectory=a/b").subfolder == "a/b"  # type: ignore[union-attr]
    assert parse_source("pypi:x[all]").extras == ("all",)
    with pytest.raises(SourceError, match=r"at 1\.2 has no folder python"):
        clone(f"{sample}#subdirectory=python", "1.2", tmp_path)


@pytest.mark.parametrize("fragment", ["#egg=x", "#subdirectory=../x", "#subdirectory=", "#main"])
def test_what_else_stands_behind_a_url_is_refused(fragment: str) -> None:
    with pytest.raises(ValueError, match="#subdirectory=FOLDER"):
        parse_source(f"https://h.org/x.git{fragment}")
