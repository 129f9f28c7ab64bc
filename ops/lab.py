"""The commands of the tool: what each task reads, does and says, in the order of the session."""

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from ops import console, names, users
from ops.account_facts import ACCOUNTS, parse_accounts
from ops.apply import converge, order
from ops.config import load
from ops.deploy import deployment, hub_url, questions
from ops.errors import UsageError
from ops.host import Host
from ops.mount_errors import trials_explained

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "labhub" / "git"


class Lab:
    """One lab, as its `.env` describes it; with `dry` nothing is changed, only shown."""

    def __init__(self, root: Path, dry: bool) -> None:
        self.root = root
        self.dry = dry
        self.config = load(root)

    def _host(self) -> Host:
        return Host(self.config, console.ask_password)

    def deploy(self, wait: bool) -> None:
        """Make the host a running lab hub."""
        operation = deployment(self.config, self.root / "compose")
        with self._host() as host, trials_explained(self.config.mounts):
            converge(host, questions(self.config), operation, order("deploy", wait), self.dry)
            if not self.dry:
                url = hub_url(self.config, host.address)
                console.say(f"The hub of {self.config.lab_name}: {url}")

    def add_users(self, names: list[str], file: str, groups: str, wait: bool) -> None:
        """Give members accounts."""
        members = users.read_members(names, _read(file) if file else "", groups)
        with self._host() as host:
            converge(
                host,
                ACCOUNTS,
                lambda answers: users.ensure_members(members, parse_accounts(answers)),
                order("add-user", wait),
                self.dry,
            )
            url = hub_url(self.config, host.address)
        if not self.dry:
            console.say(f"{_listed(members)}: log in at {url}. The first password becomes theirs.")

    def mounts(self, check: bool, wait: bool) -> None:
        """Mount the file server's shares, and prove each as a member."""
        # Only here: no other task needs what this one imports.
        from ops.prove import prove

        with self._host() as host, trials_explained(self.config.mounts):
            prove(host, self.config.mounts, order("mounts", wait), only_look=check, dry=self.dry)

    def push(self, tag: str, latest: bool, force: bool) -> None:
        """Build, test and publish the lab image with the analysis package at a tag."""
        # Only here: no other task needs what this one imports.
        from ops import images
        from ops.push import push

        if problem := names.tag_problem(tag):
            raise UsageError(problem)
        if tag == "latest":
            raise UsageError("latest is moved by each push; give the version itself, such as 1.2")
        with tempfile.TemporaryDirectory(prefix="labhub-") as folder:
            with console.busy(f"Fetch {self.config.image_name} {tag}"):
                image = images.prepare(self.root, self.config, tag, Path(folder), CACHE)
            with self._host() as host:
                push(host, image, latest=latest, force=force, dry=self.dry)


def _listed(members: Sequence[users.Member]) -> str:
    if len(members) > 5:
        return f"{len(members)} members"
    return ", ".join(member.name for member in members)


def _read(file: str) -> str:
    try:
        return Path(file).expanduser().read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} cannot be read: {error}") from error
