"""Make the hub's package importable, as in the hub's image, and homes as the host has them."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "compose" / "hub"))

MEMBER_UID = 1001

MakeHome = Callable[[str], Path]


@pytest.fixture
def make_home(tmp_path: Path) -> MakeHome:
    """Return a function that makes a member's home below the test's own root."""

    def make(name: str) -> Path:
        home = tmp_path / "home" / f"jupyter-{name}"
        home.mkdir(parents=True)
        if os.geteuid() == 0:
            os.chown(home, MEMBER_UID, MEMBER_UID)
        return home

    return make
