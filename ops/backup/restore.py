"""The walk of `inv restore`: prove the backup, then the host, change it, prove it."""

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from rich.filesize import decimal

from ops import console, progress
from ops.apply import carry_out, converge, order
from ops.backup.accounts import conflicts, ensure_accounts, members_of
from ops.backup.differences import differences
from ops.backup.onhost import files
from ops.backup.onhost.facts import accounts_of
from ops.backup.places import Place
from ops.backup.tools import TOOLS, asked, ensure_tools
from ops.backup.transfer import upload
from ops.backup.walks import said, sentences
from ops.errors import OperationError, UsageError
from ops.images.collect import REGISTRY
from ops.images.storage import STORAGE
from ops.members.account_facts import ACCOUNTS, parse_accounts
from ops.members.accounts import Member, ensure_members
from ops.members.facts import HUB, REMOVED_MARK
from ops.names import ACCOUNT_PREFIX
from ops.remote.command import Change, Shell, Upload, run
from ops.remote.framing import Answers
from ops.remote.host import Host
from ops.remote.script import HOST, Lock, Question
from ops.stack.database import DAMAGED, put_damaged_aside
from ops.words import count, moment

FOLDER = "/var/lib/labhub/restore"
SPARE = 500_000_000

_BEGUN = f"{FOLDER}/begun"
_MARK = Question("restoring", 'cat "$1"', (_BEGUN,))
_ROOM = Question("room", "df --block-size=1 --output=avail /var/lib | tail -n 1")
_AWAIT = """\
for _ in $(seq 120); do
  [ "$(docker inspect -f '{{.State.Health.Status}}' labhub-hub)" = healthy ] && exit
  sleep 1
done
echo "the hub does not become healthy: docker logs labhub-hub says why"; exit 1
"""


class Restore:
    """One backup on its way back to a host."""

    def __init__(self, host: Host, place: Place, passphrase: str, *, wait: bool, dry: bool) -> None:
        self._host = host
        self._place = place
        self._passphrase = passphrase
        self._dry = dry
        self._order = order("restore", wait, (HOST, Lock(REGISTRY)))
        self._header: Mapping[str, Any] = {}

    @property
    def _path(self) -> str:
        """Where the backup is on the host while it is put back."""
        if self._place.is_on_host:
            return self._place.folder
        return f"{FOLDER}/{PurePosixPath(self._place.folder).name}"

    def prove(self) -> None:
        """Read the backup to its end; nothing is touched before.

        :raises OperationError: where it is damaged, cut off, foreign, or the passphrase is wrong.
        """
        with sentences(), progress.busy("Read the backup to its end"):
            if self._place.is_on_host:
                self._bring_tools()
                request = {"folder": self._place.folder, "passphrase": self._passphrase}
                self._header = json.loads(said(self._host, "verify", request))
            else:
                self._header = files.verify(self._place.local, self._passphrase)
        console.say(f"✓ {self._place}: read to its end, and whole", "green")
        console.say(self._described())

    def _bring_tools(self) -> None:
        if not tuple(ensure_tools(self._host.ask(TOOLS))):
            return
        if self._dry:
            raise OperationError(
                f"{self._host.where} has no code yet, or an older one, to read backups with: "
                "without --dry it is brought there first"
            )
        converge(self._host, TOOLS, ensure_tools, self._order, dry=False)

    def _described(self) -> str:
        tags = sum(len(tags) for tags in self._header["tags"].values())
        homes = "with homes" if self._header["homes"] else "without homes"
        accounts = count(len(self._header["accounts"]), "account")
        written = moment(self._header["time"])
        return f"  {self._header['host']}, {written}: {accounts}, {count(tags, 'tag')}, {homes}"

    def check(self, force: bool) -> None:
        """Refuse a host on which something would be lost or cannot be made.

        :raises OperationError: with every conflict, before anything is changed.
        """
        answers = self._host.ask((*ACCOUNTS, _MARK, _ROOM))
        facts = parse_accounts(answers)
        if problems := conflicts(accounts_of(self._header), self._header["groups"], facts):
            listed = "".join(f"\n  {problem}" for problem in problems)
            raise OperationError(f"The accounts cannot be as they were; nothing changed:{listed}")
        is_begun = self._is_begun(answers)
        if (present := members_of(facts)) and not (force or is_begun):
            raise OperationError(
                f"{self._host.where} has {count(len(present), 'member')} already: what they did "
                "since the backup, passwords and tokens too, would be as it was then. If that is "
                "what you want:  --force"
            )
        self._check_room(int(answers["room"] or 0), is_begun)

    def _is_begun(self, answers: Answers) -> bool:
        """Tell whether a restore of this very backup was broken off."""
        return answers["restoring"].strip() == self._path

    def _check_room(self, free: int, is_begun: bool) -> None:
        if self._place.is_on_host or is_begun:
            return
        need = 2 * self._place.local.stat().st_size + SPARE
        if free < need:
            raise OperationError(
                f"The disk of {self._host.where} has {decimal(free)} free, and the restore takes "
                f"{decimal(need)} for a while; nothing was changed"
            )

    def make_way(self) -> None:
        """Let a hub start that could not be deployed, as its database is damaged."""
        if plan := tuple(put_damaged_aside(self._host.ask((DAMAGED,)))):
            carry_out(self._host, plan, (), self._order)

    def carry_out(self) -> None:
        """Bring accounts, registry, hub and homes back; run again, it goes on."""
        converge(self._host, (*TOOLS, *ACCOUNTS, _MARK), self._before, self._order, dry=False)
        if not self._place.is_on_host:
            with progress.busy(f"Send the backup to {self._host.where}"):
                upload(self._host, self._place.local, self._path)
        request = {"folder": self._path, "passphrase": self._passphrase}
        put = asked("restore", request)
        wait = Shell("wait until the hub is healthy", _AWAIT)
        plan = (Change("Put back registry, labels, logins and the hub's database", (put, wait)),)
        # None: somebody else was waited for.
        while carry_out(self._host, plan, (), self._order) is None:
            pass
        converge(self._host, ACCOUNTS, self._homes, self._order, dry=False)

    def _before(self, answers: Answers) -> Iterator[Change]:
        yield from ensure_tools(answers)
        if not self._is_begun(answers):
            # From here on the host has members: by this the next run knows whose they are.
            begun = Upload(_BEGUN, f"{self._path}\n")
            yield Change("Note which backup is being put back", (begun,))
        facts = parse_accounts(answers)
        yield from ensure_accounts(accounts_of(self._header), self._header["groups"], facts)

    def _homes(self, answers: Answers) -> Iterator[Change]:
        present = [
            it for it in accounts_of(self._header) if not it.comment.startswith(REMOVED_MARK)
        ]
        members = [Member(it.name.removeprefix(ACCOUNT_PREFIX)) for it in present]
        yield from ensure_members(members, parse_accounts(answers))

    def compare(self) -> None:
        """Ask the host whether all is as the backup says, and forget the copy there.

        :raises OperationError: with what is not.
        """
        answers = self._host.ask((*ACCOUNTS, STORAGE, HUB))
        problems = differences(self._header, answers)
        if problems:
            listed = "".join(f"\n  {problem}" for problem in problems)
            raise OperationError(f"This is not as in the backup:{listed}")
        done = Change("Forget what the restore needed", (run("rm", "-rf", "--", FOLDER),))
        carry_out(self._host, (done,), (), self._order)
        console.say("✓ Accounts, uids, tags and digests are as in the backup.", "green")


def restore(lab: Restore, deploy: Callable[[], None], *, force: bool, dry: bool) -> None:
    """Make a host what a backup says: refuse first, then deploy, then put it back."""
    lab.prove()
    lab.check(force)
    if dry:
        console.say("It would be put back on the host; nothing was changed.", "bold")
        return
    lab.make_way()
    deploy()
    lab.carry_out()
    lab.compare()


def require_file(place: Place) -> Place:
    """Refuse a file that is not there.

    :raises UsageError: before any connection.
    """
    if not place.is_on_host and not Path(place.folder).expanduser().is_file():
        raise UsageError(f"{place.folder} is no file: inv backup --list shows what there is")
    return place
