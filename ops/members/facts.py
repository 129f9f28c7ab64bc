"""Members beyond their accounts: what the hub knows of them, their labs, who was removed."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from ops.errors import FactError, OperationError
from ops.images.containers import CONTAINERS, Container, labs, parse_containers
from ops.members.account_facts import ACCOUNTS, Accounts, parse_accounts
from ops.names import account, home
from ops.remote.framing import Answers
from ops.remote.script import Question
from ops.stack import hub_files

DISABLED_FILE = f"{hub_files.FOLDER}/disabled.json"
REMOVED_FOLDER = "/var/lib/labhub/removed"
REMOVED_MARK = "removed by labhub on "
"""How the comment of an account begins whose member was removed."""

_RECORDS = 'cd "$1" && for file in *.json; do tr -d "\\n" < "$file"; echo; done'
_ARCHIVES = 'cd "$1" && stat -c "%n|%s" *.tar.gz'
_LEFT = "cd /home && ls -d .jupyter-*.removed"

DISABLED = hub_files.question("disabled", DISABLED_FILE)
# Where it cannot answer, what it says is why.
HUB = Question("hub", "docker exec labhub-hub python -m labhub.operate report 2>&1")
REMOVED = (
    Question("records", _RECORDS, (REMOVED_FOLDER,)),
    Question("archives", _ARCHIVES, (REMOVED_FOLDER,)),
    Question("left", _LEFT),
)

MEMBERS = (*ACCOUNTS, DISABLED, CONTAINERS, *REMOVED)
"""What every task about members asks; `HUB` is for those that need it: it takes the longest."""


@dataclass(frozen=True)
class Known:
    """What the hub knows of a name; `invite` is that of a one-time password."""

    last_activity: str | None = None
    has_password: bool = False
    invite: str = ""
    image: str | None = None
    has_lab: bool = False


@dataclass(frozen=True)
class Record:
    """What is needed to bring a removed member back."""

    name: str
    uid: int
    groups: tuple[str, ...]
    shell: str
    comment: str
    removed: str
    has_home: bool


@dataclass(frozen=True)
class Members:
    """Everything about members; `hub` is None where the hub was not asked or does not answer."""

    accounts: Accounts
    disabled: str = ""
    """The list for the hub, as `hub_files` reads it."""
    labs: Mapping[str, Container] = field(default_factory=dict)
    records: Mapping[str, Record] = field(default_factory=dict)
    archives: Mapping[str, int] = field(default_factory=dict)
    left: frozenset[str] = frozenset()
    hub: Mapping[str, Known] | None = None
    hub_says: str = ""
    """Why the hub, which was asked, does not know."""

    def is_removed(self, name: str) -> bool:
        """Tell whether a member was removed, if only in part: the home is gone."""
        return self.is_marked(name) or (
            name in self.records and home(name) not in self.accounts.homes
        )

    def standing(self, name: str) -> str:
        """Return how a member stands: ``active``, ``disabled`` or ``removed``."""
        if self.is_removed(name):
            return "removed"
        has = self.accounts.accounts.get(account(name))
        return "disabled" if has and has.is_expired else "active"

    def has_archive(self, name: str) -> bool:
        """Tell whether there is an archive of a member's home."""
        return f"{name}.tar.gz" in self.archives

    def is_marked(self, name: str) -> bool:
        """Tell whether an account itself says that its member was removed."""
        has = self.accounts.accounts.get(account(name))
        return has is not None and has.comment.startswith(REMOVED_MARK)

    def known(self) -> Mapping[str, Known]:
        """Return what the hub knows.

        :raises OperationError: where it does not answer.
        """
        if self.hub is None:
            raise OperationError(hub_problem(self.hub_says) + ", and it knows the logins")
        return self.hub


def parse_members(answers: Answers) -> Members:
    """Read the answers to `MEMBERS`, and to `HUB` where it was asked."""
    records = [_record(line) for line in answers.get("records", "").splitlines() if line]
    archives = (line.rpartition("|") for line in answers.get("archives", "").splitlines())
    return Members(
        accounts=parse_accounts(answers),
        disabled=answers.get("disabled", ""),
        labs=labs(parse_containers(answers)),
        records={record.name: record for record in records},
        archives={name: int(size) for name, _, size in archives},
        left=frozenset(answers.get("left", "").splitlines()),
        hub=parse_hub(answers),
        hub_says=answers.get("hub", ""),
    )


def hub_problem(says: str) -> str:
    """Say why the hub tells nothing of its members, by what it said instead."""
    last = says.strip().splitlines()[-1:]
    if last and "refuses" in last[0]:
        return last[0].rstrip(".")
    return "The hub does not answer (first  inv deploy)"


def _record(line: str) -> Record:
    try:
        found = json.loads(line)
        return Record(**{**found, "groups": tuple(found["groups"])})
    except (LookupError, TypeError, ValueError) as error:
        raise FactError(
            f"A record of a removed member in {REMOVED_FOLDER} cannot be read: {line[:80]}"
        ) from error


def parse_hub(answers: Answers) -> Mapping[str, Known] | None:
    """Read the answer to `HUB`; None where the hub was not asked or does not answer."""
    try:
        report = json.loads(answers.get("hub", ""))
        return {name: _known(it) for name, it in report.items()}
    except (AttributeError, LookupError, TypeError, ValueError):
        return None


def _known(it: Mapping[str, object]) -> Known:
    kind, _, invite = str(it["password"]).partition(":")
    activity, lab = it["last_activity"], it["lab"]
    image = lab.get("image") if isinstance(lab, dict) else None
    return Known(
        last_activity=str(activity) if activity else None,
        has_password=kind != "none",
        invite=invite,
        image=str(image) if image else None,
        has_lab=lab is not None,
    )
