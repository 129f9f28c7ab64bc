"""Which tests share a host and so run one after the other, whatever runs beside them."""

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

ONE_STORY = ("tests/sandbox",)
"""Beginnings of the names of tests that share a host, or an engine; elsewhere each file is one."""


class Stories(LoadScopeScheduling):  # type: ignore[misc]
    """Give a whole story to one worker.

    Not by `--dist loadgroup`: it loses its groups with pytest 9.2 (pytest-xdist issue 1386).
    """

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return next((story for story in ONE_STORY if file.startswith(story)), file)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Stories:
    """Let `make test` run a story beside all that is none."""
    return Stories(config, log)
