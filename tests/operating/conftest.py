"""A sandbox host of its own: what an operator does over the years runs beside the first day."""

import pytest

from sandbox.running import Sandbox
from tests.sandbox.inv import Inv
from tests.story_host import fixtures

NAME = "t-operating"
LEAN = "git\npython3-venv\ntzdata\n"

globals().update(vars(fixtures(NAME)))


@pytest.fixture(scope="session")
def inv(host: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Inv:
    """A lab that asks for fewer Debian packages: LaTeX alone is most of the image of all others."""
    copy = Inv(NAME).in_copy(tmp_path_factory.mktemp("checkout") / "labhub")
    (copy.root / "lab-image/packages.txt").write_text(LEAN)
    return copy
