"""A private repository, with the password in git's credential helper: it stays there."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from ops.errors import SourceError
from ops.images.context import prepare
from ops.images.wanted import Wanted
from ops.settings.config import parse
from tests.sample import git, make_sample
from tests.unit.images.git_server import git_server

ROOT = Path(__file__).parents[3]
PASSWORD = "hunter2-of-alice"


class Private(NamedTuple):
    """A repository behind a password, and the file in which git's helper looks for that."""

    url: str
    credentials: Path


@pytest.fixture
def private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Private]:
    sample, served = make_sample(tmp_path / "agfalta_tools"), tmp_path / "served"
    served.mkdir()
    git(served, "clone", "--quiet", "--bare", str(sample), "agfalta_tools.git")
    credentials, settings = tmp_path / "helper/credentials", tmp_path / "helper/gitconfig"
    credentials.parent.mkdir()
    settings.write_text(f"[credential]\n  helper = store --file={credentials}\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
    with git_server(served, "alice", PASSWORD) as server:
        yield Private(f"{server}/agfalta_tools.git", credentials)


def fetched(private: Private, folder: Path, ref: str = "1.2") -> Path:
    config = parse(f"LAB_HOST=lab\nAGFALTA_TOOLS_SOURCE={private.url}\n", ".env", {}, folder)
    wanted = Wanted(ref, is_work=ref == "main")
    return prepare(ROOT, config, wanted, folder / "made", folder / "cache").context


@pytest.mark.parametrize("ref", ["1.2", "main"])
def test_the_password_is_in_no_argv_no_mirror_and_no_context(
    private: Private, tmp_path: Path, ref: str, capfd: pytest.CaptureFixture[str]
) -> None:
    server = private.url.removesuffix("/agfalta_tools.git")
    private.credentials.write_text(f"{server.replace('//', f'//alice:{PASSWORD}@')}\n")
    # git asks the server itself for what a bare clone calls its branches.
    folder = tmp_path / "laptop"
    folder.mkdir()
    with argv_seen() as seen:
        context = fetched(private, folder, ref)
    assert (context / "source/pyproject.toml").is_file()
    assert any("remote-http" in argv for argv in seen)
    assert not any(PASSWORD in argv for argv in seen)
    found = [path for path in folder.rglob("*") if path.is_file()]
    assert found and not any(PASSWORD.encode() in path.read_bytes() for path in found)
    assert PASSWORD not in "".join(capfd.readouterr())


def test_who_has_no_password_is_told_and_not_asked(private: Private, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"git cannot read http://127.*git ls-remote") as it:
        fetched(private, tmp_path / "laptop")
    assert "terminal prompts disabled" in str(it.value)


@contextmanager
def argv_seen() -> Iterator[set[str]]:
    """Watch the command lines of all processes of this machine."""
    seen: set[str] = set()
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(0.002):
            for path in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    seen.add(path.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
                except (FileNotFoundError, ProcessLookupError):
                    continue

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield seen
    finally:
        ended.set()
        watcher.join()
