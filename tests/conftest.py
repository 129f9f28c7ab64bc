"""What all tests share: the stories that run at once, and the host of the first of them."""

from pathlib import Path

import pytest
from xdist.remote import Producer

from tests.sample import make_sample
from tests.stories import Stories
from tests.story_host import PASSWORD, fixtures

__all__ = ["PASSWORD"]

globals().update(vars(fixtures("test")))


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Stories:
    """Let `make test` run several stories at once."""
    return Stories(config, log)


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A git repository of agfalta_tools with the tags 1.0, 1.1 and 1.2."""
    return make_sample(tmp_path_factory.mktemp("sample") / "agfalta_tools")
