"""Which tests share a host and so run one after the other, whatever runs beside them."""

from pathlib import Path

import pytest

ONE_HOST = {"sandbox": "sandbox", "vm": "vm"}
"""Folders of tests, each of which is one story of one host; elsewhere each file is one."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Name the group of each test: `make test` runs two groups at once."""
    for item in items:
        folder, *rest = item.path.relative_to(Path(__file__).parent).parts
        group = ONE_HOST.get(folder, "/".join((folder, *rest)))
        item.add_marker(pytest.mark.xdist_group(group))
