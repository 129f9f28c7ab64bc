"""What AGFALTA_TOOLS_SOURCE may be."""

import re
from pathlib import Path

import pytest

from ops.images.source import GitSource, PypiSource, parse_source
from tests.sample import git as run_git
from tests.sample import make_sample


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    return make_sample(tmp_path / "agfalta_tools")


@pytest.mark.parametrize(
    "text",
    [
        "https://git.example.org/leem/agfalta_tools.git",
        "http://git.example.org:8080/leem/agfalta_tools.git",
        "git@git.example.org:leem/agfalta_tools.git",
        "ssh://git@git.example.org:2222/leem/agfalta_tools.git",
        "file:///srv/git/agfalta_tools.git",
    ],
)
def test_a_git_url_is_taken_as_it_is(text: str) -> None:
    assert parse_source(f"  {text}\n") == GitSource(text)


def test_a_package_on_pypi() -> None:
    assert parse_source("pypi:agfalta-tools") == PypiSource("agfalta-tools")


def test_a_checkout_by_any_kind_of_path(sample: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(sample.parent))
    monkeypatch.chdir(sample.parent)
    for text in (str(sample), "agfalta_tools", "./agfalta_tools", "~/agfalta_tools"):
        assert parse_source(text) == GitSource(str(sample))


def test_a_bare_repository_and_a_worktree_are_checkouts(sample: Path) -> None:
    bare, tree = sample.with_name("bare.git"), sample.with_name("tree")
    run_git(sample, "clone", "--quiet", "--bare", ".", str(bare))
    run_git(sample, "worktree", "add", "--quiet", str(tree))
    assert parse_source(str(bare)) == GitSource(str(bare))
    assert parse_source(str(tree)) == GitSource(str(tree))


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("", "is empty"),
        ("  ", "is empty"),
        ("--upload-pack=touch x", "cannot begin with '-'"),
        ("-x", "cannot begin with '-'"),
        ("pypi:", "plain name"),
        ("pypi:--index-url=x", "plain name"),
        ("pypi:agfalta-tools==1.2", "plain name"),
        ("pypi:a b", "plain name"),
        ("ext::sh -c id", "no folder"),
        ("git+https://git.example.org/x.git", "not 'git+https'"),
        ("ftp://git.example.org/x.git", "not 'ftp'"),
        ("ssh://-oProxyCommand=id/x.git", "host"),
        ("ssh://git@-oProxyCommand=id/x.git", "host"),
        ("git@-oProxyCommand=id:x.git", "no folder"),
        ("git@host:--upload-pack=id", "no folder"),
        ("https:///x.git", "name a host"),
        ("https://git.example.org/", "name a repository"),
        ("https://git.example.org/x y.git", "without spaces"),
        ("https://[::1/x.git", "not a URL"),
        ("git.example.org/x.git", "no folder"),
        ("no/such/folder", "no folder"),
    ],
)
def test_nonsense_is_refused_with_the_rule(text: str, rule: str) -> None:
    with pytest.raises(ValueError, match=re.escape(rule)):
        parse_source(text)


@pytest.mark.parametrize(
    "text",
    [
        "https://me:hunter2@git.example.org/x.git",
        "https://hunter2@git.example.org/x.git[gui]",
        "https://:hunter2@git.example.org/x.git",
        "https:/me:hunter2@git.example.org/x.git",
        "oauth2:hunter2@git.example.org/x.git",
        "https://git.example.org/x.git?private_token=hunter2",
        "ssh://git:hunter2@git.example.org/x.git",
    ],
)
def test_a_password_or_token_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(ValueError, match="password or a token: use an SSH key") as refusal:
        parse_source(text)
    assert "hunter2" not in str(refusal.value)


def test_a_folder_without_git_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not a git repository"):
        parse_source(str(tmp_path))
