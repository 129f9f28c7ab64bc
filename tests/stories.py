"""Stories: tests of one file that go on with one host, where the one before has left it.

A story stops at its first failure, since what comes after it would tell of that one again; with any
failure stands what the host of the test says of itself.
"""

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager

import pytest

SHARED = {
    "tests/sandbox": ("host", "bare", "machine"),
    "tests/vm": ("kept_by_module",),
}
"""By the beginnings of files' names: the fixtures that are a host which the tests of one share."""
_stopped = pytest.StashKey[dict[str, str]]()
_witness = pytest.StashKey[Callable[[], str]]()


@contextmanager
def host_speaks(config: pytest.Config, diagnose: Callable[[], str]) -> Iterator[None]:
    """Let a test that fails meanwhile show what its host says of itself."""
    config.stash[_witness] = diagnose
    try:
        yield
    finally:
        del config.stash[_witness]


def pytest_configure(config: pytest.Config) -> None:
    """Begin without a failure."""
    config.stash[_stopped] = {}


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Go on with no story that has failed."""
    if first := item.config.stash[_stopped].get(_story_of(item) or ""):
        pytest.skip(f"the story ended with {first}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Stop a story at its first failure, and let its host speak."""
    report = yield
    if report.failed:
        if story := _story_of(item):
            item.config.stash[_stopped].setdefault(story, item.name)
        if witness := item.config.stash.get(_witness, None):
            report.sections.append(("what the host says", witness()))
    return report


def _story_of(item: pytest.Item) -> str | None:
    """Name the story that a test belongs to: its file, where it shares a host with the others."""
    file, used = item.nodeid.partition("::")[0], getattr(item, "fixturenames", ())
    shared = [names for begin, names in SHARED.items() if file.startswith(begin)]
    return file if any(name in used for names in shared for name in names) else None
