"""A browser, and what it needs; windows end as quietly as they began."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser.chromium import Window, read_axe, running_chromium

OpenWindow = Callable[..., Window]


@pytest.fixture(scope="session")
def axe() -> str:
    return read_axe()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    # Not for the session: while it runs, no other test could run an event loop of its own.
    with running_chromium() as browser:
        yield browser


@pytest.fixture
def open_window(chromium: Browser) -> Iterator[OpenWindow]:
    """Open windows at an address; at the end none of them has complained of anything."""
    windows: list[Window] = []

    def open_window(url: str, *, dark: bool = False, phone: bool = False) -> Window:
        windows.append(Window(chromium, url, dark=dark, phone=phone))
        return windows[-1]

    yield open_window
    for window in windows:
        window.close()
    for window in windows:
        window.require_quiet()
