"""Homes as the host has them."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from tests.hub_here import add_home

MakeHome = Callable[[str], Path]


@pytest.fixture
def make_home(tmp_path: Path) -> MakeHome:
    """Return a function that makes a member's home below the test's own root."""

    return partial(add_home, tmp_path)
