"""One lab: what its `.env` says, and the way to its host."""

from pathlib import Path

from ops import console, names
from ops.errors import UsageError
from ops.remote.host import Host
from ops.settings.config import load


class Lab:
    """One lab, as its `.env` describes it; with `dry` nothing is changed, only shown."""

    def __init__(self, root: Path, dry: bool) -> None:
        self.root = root
        self.dry = dry
        self.config = load(root)

    @property
    def compose(self) -> Path:
        """The files of the stack."""
        return self.root / "compose"

    def host(self) -> Host:
        """Return the host, which is connected while a `with` block lasts."""
        return Host(self.config, console.ask_password)

    def image(self, name: str) -> str:
        """Return the image that is meant: the lab's own where none is named.

        :raises UsageError: where no image can be called so.
        """
        name = name or self.config.image_name
        if problem := names.image_problem(name):
            raise UsageError(problem)
        return name
