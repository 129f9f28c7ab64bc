"""The tasks of a lab: each names the room in which it stands."""

from pathlib import Path
from typing import TYPE_CHECKING

from ops import console
from ops.errors import UsageError
from ops.remote.apply import order
from ops.remote.host import Host
from ops.settings.config import load

if TYPE_CHECKING:
    from ops.images.wanted import Wanted

# Each task imports its own room: no other needs what that one imports.


class Lab:
    """One lab, as its `.env` describes it; with `dry` nothing is changed, only shown."""

    def __init__(self, root: Path, dry: bool) -> None:
        self.root = root
        self.dry = dry
        self.host = Host(load(root), console.ask_password)

    def deploy(self, wait: bool) -> None:
        """Make the host a running lab hub."""
        from ops.deploy import deploy

        deploy(self.host, self.root / "compose", order("deploy", wait), dry=self.dry)

    def add_users(self, names: list[str], file: str, groups: str, wait: bool) -> None:
        """Give members accounts."""
        from ops.members.walk import add

        add(self.host, names, file, groups, order("add-user", wait), dry=self.dry)

    def mounts(self, check: bool, wait: bool) -> None:
        """Mount the file server's shares, and prove each as a member."""
        from ops.mounts.walk import prove

        prove(self.host, order("mounts", wait), only_look=check, dry=self.dry)

    def push(
        self, wanted: "Wanted", latest: bool, no_latest: bool, force: bool, wait: bool
    ) -> None:
        """Build, test and publish the lab image with the analysis package as it is wanted."""
        from ops.images.attempt import Manner
        from ops.images.walk import push

        if latest and no_latest:
            raise UsageError("--latest and --no-latest contradict each other: give one, or none")
        if latest and wanted.is_work:
            raise UsageError("latest is never work in progress: give the commit a tag first")
        which = latest if latest or no_latest else None
        push(self.host, self.root, wanted, Manner(which, force, wait, self.dry))

    def forget(self, tag: str, wait: bool) -> None:
        """Take a tag out of the registry."""
        from ops.images.forget import forget

        forget(self.host, tag, wait=wait, dry=self.dry)
