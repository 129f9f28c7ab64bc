"""What becomes of AGFALTA_TOOLS_SOURCE and a tag, with a real git on small real repositories."""

from pathlib import Path

import pytest

from ops.errors import OpsError, SourceError
from ops.hashing import tree_hash
from ops.images import git
from ops.images.export import export, nearest_tags
from ops.images.mirror import mirror as open_mirror
from ops.images.source import GitSource, PypiSource, parse_source
from tests.sample import TAGS, commit, make_sample
from tests.sample import git as run_git


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    return make_sample(tmp_path / "agfalta_tools")


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def fetched(url: str, cache: Path) -> Path:
    with open_mirror(url, cache) as folder:
        return folder


def file_url(path: Path) -> GitSource:
    return GitSource(f"file://{path}")


def names(folder: Path) -> set[str]:
    files = (path for path in folder.rglob("*") if path.is_symlink() or path.is_file())
    return {path.relative_to(folder).as_posix() for path in files}


def state(checkout: Path) -> dict[str, object]:
    """Everything in a checkout that an export could touch, its .git included."""
    files = [path for path in sorted(checkout.rglob("*")) if path.is_file()]
    return {str(path): (path.read_bytes(), path.stat().st_mtime_ns) for path in files}


# --- the export --------------------------------------------------------------------------------


def test_the_files_are_those_of_the_tag(sample: Path, cache: Path, tmp_path: Path) -> None:
    old = export(file_url(sample), "1.0", tmp_path / "old", cache)
    new = export(file_url(sample), "1.2", tmp_path / "new", cache)
    assert new.revision == run_git(sample, "rev-parse", "1.2")
    assert names(new.folder) - names(old.folder) == {
        "agfalta_tools/drift.py",
        "agfalta_tools/step.py",
    }
    assert 'version = "1.0"' in (old.folder / "pyproject.toml").read_text()


def test_uncommitted_work_never_leaks_in(sample: Path, cache: Path, tmp_path: Path) -> None:
    (sample / "agfalta_tools" / "iv.py").write_text("broken(")
    (sample / "secret.txt").write_text("not committed")
    (sample / "staged.txt").write_text("not committed")
    run_git(sample, "add", "staged.txt")
    before = state(sample)
    made = export(parse_source(str(sample)), "1.2", tmp_path / "out", cache)
    assert "broken(" not in (made.folder / "agfalta_tools" / "iv.py").read_text()
    assert not names(made.folder) & {"secret.txt", "staged.txt"}
    assert state(sample) == before


def test_an_annotated_tag_stands_for_its_commit(sample: Path, cache: Path, tmp_path: Path) -> None:
    run_git(sample, "tag", "--annotate", "--message=for the paper", "2.0")
    made = export(file_url(sample), "2.0", tmp_path / "out", cache)
    assert made.revision == run_git(sample, "rev-parse", "HEAD")


def test_a_tag_with_a_branch_of_the_same_name(sample: Path, cache: Path, tmp_path: Path) -> None:
    run_git(sample, "branch", "1.0", "main")
    made = export(file_url(sample), "1.0", tmp_path / "out", cache)
    assert "agfalta_tools/step.py" not in names(made.folder)


def test_a_moved_and_a_deleted_tag_follow(sample: Path, cache: Path, tmp_path: Path) -> None:
    first = export(file_url(sample), "1.2", tmp_path / "first", cache)
    (sample / "agfalta_tools" / "iv.py").write_text("corrected = True\n")
    corrected = commit(sample, "Correct it")
    run_git(sample, "tag", "--force", "1.2")
    run_git(sample, "tag", "--delete", "1.1")
    second = export(file_url(sample), "1.2", tmp_path / "second", cache)
    assert (second.revision, second.folder.name) == (corrected, "second")
    assert tree_hash(first.folder) != tree_hash(second.folder)
    with pytest.raises(SourceError, match=r"tag 1\.1 does not exist"):
        export(file_url(sample), "1.1", tmp_path / "third", cache)


def test_a_second_export_fetches_into_the_same_mirror(
    sample: Path, cache: Path, tmp_path: Path
) -> None:
    export(file_url(sample), "1.0", tmp_path / "first", cache)
    (mirror,) = cache.glob("*.git")
    before = mirror.stat().st_ino
    export(file_url(sample), "1.2", tmp_path / "second", cache)
    assert [path.stat().st_ino for path in cache.glob("*.git")] == [before]


def test_export_ignore_drops_no_file_and_export_subst_is_as_in_a_checkout(
    sample: Path, cache: Path, tmp_path: Path
) -> None:
    (sample / ".gitattributes").write_text(
        "agfalta_tools/data export-ignore\n*.csv export-ignore\n_version.py export-subst\n"
    )
    (sample / "agfalta_tools" / "data").mkdir()
    (sample / "agfalta_tools" / "data" / "iv.csv").write_text("1,2\n")
    (sample / "agfalta_tools" / "_version.py").write_text('REFS = "$Format:%d$"\n')
    commit(sample, "Data")
    run_git(sample, "tag", "1.3")
    made = export(file_url(sample), "1.3", tmp_path / "out", cache)
    assert "agfalta_tools/data/iv.csv" in names(made.folder)
    assert "$Format:%d$" in (made.folder / "agfalta_tools" / "_version.py").read_text()


def test_links_programs_and_odd_names_survive(sample: Path, cache: Path, tmp_path: Path) -> None:
    (sample / "run me ö.sh").write_text("#!/bin/sh\n")
    (sample / "run me ö.sh").chmod(0o755)
    (sample / "link").symlink_to("README.md")
    (sample / ("long" * 50)).write_text("x")
    commit(sample, "Oddities")
    run_git(sample, "tag", "1.3")
    folder = export(file_url(sample), "1.3", tmp_path / "out", cache).folder
    assert (folder / "link").readlink() == Path("README.md")
    assert (folder / "run me ö.sh").stat().st_mode & 0o777 == 0o755
    assert (folder / "README.md").stat().st_mode & 0o777 == 0o644
    assert "long" * 50 in names(folder)


def test_submodules_are_part_of_the_export(sample: Path, cache: Path, tmp_path: Path) -> None:
    lattice = make_sample(tmp_path / "lattice")
    allow = ("-c", "protocol.file.allow=always")
    run_git(sample, *allow, "submodule", "--quiet", "add", "../lattice", "vendor/lattice")
    commit(sample, "With a submodule")
    run_git(sample, "tag", "2.0")
    commit(lattice, "Later work")
    folder = export(parse_source(str(sample)), "2.0", tmp_path / "out", cache).folder
    assert "vendor/lattice/agfalta_tools/iv.py" in names(folder)
    assert (folder / "vendor/lattice/.git").is_file()


def test_the_same_tag_is_the_same_folder(sample: Path, cache: Path, tmp_path: Path) -> None:
    one = export(file_url(sample), "1.2", tmp_path / "one", cache).folder
    other = export(parse_source(str(sample)), "1.2", tmp_path / "other", cache).folder
    assert tree_hash(one) == tree_hash(other)


def test_a_shallow_checkout_will_do(sample: Path, cache: Path, tmp_path: Path) -> None:
    run_git(tmp_path, "clone", "--quiet", "--depth=1", "--branch=1.2", f"file://{sample}", "thin")
    made = export(parse_source(str(tmp_path / "thin")), "1.2", tmp_path / "out", cache)
    assert made.revision == run_git(sample, "rev-parse", "1.2")


def test_the_operators_git_configuration_and_environment_change_nothing(
    sample: Path, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    (hooks / "reference-transaction").write_text("#!/bin/sh\nexit 1\n")
    (hooks / "reference-transaction").chmod(0o755)
    (tmp_path / "gitconfig").write_text(
        f"[core]\nautocrlf = true\nhooksPath = {hooks}\n[tar]\numask = 0077\n"
        "[fetch]\nprune = false\n[remote]\npushDefault = none\n"
    )
    plain = export(file_url(sample), "1.2", tmp_path / "plain", tmp_path / "other").folder
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index"))
    monkeypatch.setenv("LANGUAGE", "de")
    odd = export(file_url(sample), "1.2", tmp_path / "odd", cache).folder
    assert tree_hash(odd) == tree_hash(plain)


def test_pypi_becomes_one_requirement(cache: Path, tmp_path: Path) -> None:
    made = export(PypiSource("agfalta-tools"), "v1.2", tmp_path / "out", cache)
    assert made.revision == ""
    assert (made.folder / "requirement.txt").read_text() == "agfalta-tools==1.2\n"
    with pytest.raises(SourceError, match="'nightly' is not a version"):
        export(PypiSource("agfalta-tools"), "nightly", tmp_path / "other", cache)


def test_an_export_is_never_mixed_with_other_files(
    sample: Path, cache: Path, tmp_path: Path
) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "left.py").write_text("over = 1\n")
    with pytest.raises(SourceError, match="is not empty"):
        export(file_url(sample), "1.2", tmp_path / "out", cache)


# --- tags that do not exist ----------------------------------------------------------------------


@pytest.mark.parametrize("tag", ["1.3", "1.2~1", "1.2^{tree}", "main", "--output=x", "HEAD"])
def test_a_missing_tag_names_the_nearest(
    sample: Path, cache: Path, tmp_path: Path, tag: str
) -> None:
    with pytest.raises(SourceError) as refusal:
        export(file_url(sample), tag, tmp_path / "out", cache)
    assert f"tag {tag} does not exist in file://{sample}; nearest: 1.2, " in str(refusal.value)
    assert "git ls-remote --tags" in str(refusal.value)
    assert not names(tmp_path / "out")


def test_a_repository_without_tags_says_so(sample: Path, cache: Path, tmp_path: Path) -> None:
    run_git(sample, "tag", "--delete", *TAGS)
    with pytest.raises(SourceError, match=r"has no tags: git tag 1\.2"):
        export(file_url(sample), "1.2", tmp_path / "out", cache)


@pytest.mark.parametrize(
    ("tag", "existing", "first"),
    [
        ("1.2", ["v1.0", "v1.1", "v1.2", "v2.0"], "v1.2"),
        ("v1.2", ["1.0", "1.1", "1.2"], "1.2"),
        ("1.10", ["1.1", "1.2", "1.9", "1.11", "2.0"], "1.9"),
        ("0.1", ["1.0", "1.1"], "1.0"),
        ("9", ["1.0", "1.10", "1.9", "beta"], "1.10"),
        ("relase-1", ["release-1", "release-2", "1.0"], "release-1"),
    ],
)
def test_the_nearest_tag_comes_first(tag: str, existing: list[str], first: str) -> None:
    found = nearest_tags(tag, existing)
    assert found[0] == first
    assert len(found) == min(3, len(existing)) == len(set(found))


# --- repositories that cannot be read ----------------------------------------------------------


def test_a_repository_that_is_not_there(cache: Path, tmp_path: Path) -> None:
    with pytest.raises(SourceError) as refusal:
        export(GitSource("file:///no/such/x.git"), "1.2", tmp_path / "out", cache)
    assert str(refusal.value).startswith("git cannot read file:///no/such/x.git; it said: fatal: ")
    assert "\n" not in str(refusal.value)
    assert issubclass(SourceError, OpsError)
    assert not [path for path in cache.iterdir() if path.suffix == ".git"]


def test_a_refused_ssh_key_is_told_in_ssh_words(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ssh = tmp_path / "ssh"
    ssh.write_text("#!/bin/sh\necho 'git@host: Permission denied (publickey).' >&2; exit 255\n")
    ssh.chmod(0o755)
    monkeypatch.setenv("GIT_SSH", str(ssh))
    with pytest.raises(SourceError, match=r"said: git@host: Permission denied \(publickey\)\."):
        export(GitSource("git@host:x.git"), "1.2", tmp_path / "out", cache)


def test_git_is_missing(
    sample: Path, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SourceError, match="git is not installed"):
        export(file_url(sample), "1.2", tmp_path / "out", cache)


def test_a_remote_repository_cannot_reach_folders_of_this_machine(
    sample: Path, tmp_path: Path
) -> None:
    with pytest.raises(SourceError, match="transport 'file' not allowed"):
        git.git("ls-remote", f"file://{sample}", url="https://git.example.org/x.git")
    with pytest.raises(SourceError, match="transport 'ext' not allowed"):
        fetched(f"ext::touch {tmp_path}/owned", tmp_path / "cache")
    assert not (tmp_path / "owned").exists()


# --- what an interruption leaves ---------------------------------------------------------------


def test_an_interrupted_first_fetch_is_repeated(sample: Path, cache: Path, tmp_path: Path) -> None:
    source = file_url(sample)
    mirror = fetched(source.url, cache)
    mirror.rename(mirror.with_suffix(".partial"))
    (mirror.with_suffix(".partial") / "HEAD").unlink()
    export(source, "1.2", tmp_path / "out", cache)
    assert [path.name for path in cache.glob("*.git")] == [mirror.name]
    assert not list(cache.glob("*.partial"))


@pytest.mark.parametrize("damage", ["lock", "objects", "empty"])
def test_a_broken_mirror_is_made_anew(
    sample: Path, cache: Path, tmp_path: Path, damage: str
) -> None:
    source = file_url(sample)
    mirror = fetched(source.url, cache)
    for file in [path for path in mirror.rglob("*") if path.is_file()]:
        if damage == "empty" or (damage == "objects" and "objects" in file.parts):
            file.unlink()
    for tag in TAGS[:1] if damage == "lock" else ():
        (mirror / "refs" / "tags" / f"{tag}.lock").touch()
        (mirror / "packed-refs.lock").touch()
    commit(sample, "Move it")
    run_git(sample, "tag", "--force", "1.0")
    made = export(source, "1.0", tmp_path / "out", cache)
    assert made.revision == run_git(sample, "rev-parse", "HEAD")


# --- the sample --------------------------------------------------------------------------------


def test_the_sample_is_the_same_everywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "gitconfig").write_text("[commit]\ngpgsign = true\n[core]\nautocrlf = true\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    monkeypatch.setenv("GIT_AUTHOR_NAME", "Somebody")
    heads = {
        scm: [run_git(make_sample(tmp_path / f"{scm}{n}", scm), "rev-parse", "1.2") for n in "ab"]
        for scm in (False, True)
    }
    assert heads[False][0] == heads[False][1] != heads[True][0] == heads[True][1]
