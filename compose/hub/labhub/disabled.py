"""Who may not log in although their account exists: the list that `inv disable-user` writes."""

import logging
from pathlib import Path

from .shared import FOLDER, read_json

FILE = "disabled.json"

_UNREADABLE: list[str] = []
_log = logging.getLogger(__name__)


class Disabled:
    """The list as of now.

    While it cannot be read nobody is let in: whoever may be on it stays out. An older one would not
    do, as somebody may have been disabled since. It is written whole or not at all, so this is what
    a hand has done to it.
    """

    def __init__(self, folder: Path = FOLDER) -> None:
        self._folder = folder
        self._was_there = False

    def has(self, name: str) -> bool:
        """Tell whether a member is refused."""
        names = self._names()
        return names is None or name in names

    def is_readable(self) -> bool:
        """Tell whether it is known who is disabled."""
        return self._names() is not None

    def _names(self) -> list[str] | None:
        found = read_json(FILE, _UNREADABLE, self._folder)
        is_there = (self._folder / FILE).exists()
        # One that was never written names nobody; one that is gone is as good as damaged.
        if found is _UNREADABLE and not is_there and not self._was_there:
            return []
        self._was_there = True
        if found is not _UNREADABLE and all(isinstance(name, str) for name in found):
            return found
        _log.error("%s is damaged: inv enable-user writes it anew", self._folder / FILE)
        return None
