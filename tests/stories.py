"""Which tests share a host and so run one after the other, whatever runs beside them."""

from xdist.scheduler import LoadScopeScheduling

ONE_STORY = {
    "tests/sandbox": "the sandbox host",
    "tests/operating": "the operating host",
    "tests/browser/test_2_journey.py": "the sandbox host",
    "tests/vm": "the virtual host",
}
"""By how a file's name begins, whose story it belongs to; elsewhere each file is one."""


class Stories(LoadScopeScheduling):  # type: ignore[misc]
    """Give a whole story to one worker.

    Not by `--dist loadgroup`: it loses its groups with pytest 9.2 (pytest-xdist issue 1386).
    """

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return next((story for start, story in ONE_STORY.items() if file.startswith(start)), file)
