"""The walks of the tasks about members: read, ask where that is due, converge, and say the rest."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime

from ops import console
from ops.apply import Operation, converge, order
from ops.errors import OperationError
from ops.members.access import (
    disable_members,
    disabled_names,
    enable_members,
    publish,
    removed_problem,
    require_members,
)
from ops.members.account_facts import ACCOUNTS
from ops.members.accounts import Member, ensure_members
from ops.members.facts import DISABLED, HUB, MEMBERS, REMOVED, Members, parse_members
from ops.members.groups import change_groups, labs_without
from ops.members.invites import Invite, given, invite_members, invite_new_members, make_invites
from ops.members.listing import (
    COLUMNS,
    as_json,
    as_table,
    list_questions,
    notes,
    parse_rows,
)
from ops.members.removal import remove_members
from ops.members.restore import restore_members
from ops.remote.command import Change
from ops.remote.framing import Answers
from ops.remote.host import Host
from ops.remote.script import Question
from ops.words import count, listed

Plan = Callable[[Members], Iterator[Change]]


class Walks:
    """The tasks about members on one host; with `dry` nothing is changed, only shown."""

    def __init__(self, host: Host, url: str, *, wait: bool, dry: bool) -> None:
        self._host = host
        self._url = url
        self._wait = wait
        self._dry = dry

    def add(self, members: Sequence[Member], *, invite: bool) -> None:
        """Give members accounts, and one-time passwords where that is wanted."""
        names = [member.name for member in members]
        invites = make_invites(names) if invite else {}

        def plan(facts: Members) -> Iterator[Change]:
            if gone := [text for name in names if (text := removed_problem(name, facts))]:
                raise OperationError("\n".join(gone))
            # The password before the account, which is else whoever's who types one first.
            if invite:
                yield from invite_new_members(invites, facts)
            yield from ensure_members(members, facts.accounts)
            yield from publish(disabled_names(facts), facts)

        questions = (*ACCOUNTS, DISABLED, *REMOVED, *((HUB,) if invite else ()))
        after = self._converge("add-user", plan, questions)
        if self._dry:
            return
        self._say_disabled(names, after)
        if invite:
            self._hand_out(invites, after)
        else:
            console.say(
                f"{_listed(names)}: log in at {self._url}. The first password becomes theirs."
            )

    def invite_again(self, names: Sequence[str]) -> None:
        """Give members new one-time passwords in the place of what they have."""
        invites = make_invites(names)

        def plan(facts: Members) -> Iterator[Change]:
            require_members(names, facts, lambda name: removed_problem(name, facts))
            yield from invite_members(invites, facts)

        after = self._converge("passwd", plan, (*MEMBERS, HUB))
        if not self._dry:
            self._say_disabled(names, after)
            self._hand_out(invites, after)

    def set_groups(
        self, names: Sequence[str], added: Sequence[str], removed: Sequence[str]
    ) -> None:
        """Put members into groups and take them out of others."""
        after = self._converge("groups", lambda facts: change_groups(names, added, removed, facts))
        if not self._dry and (running := labs_without(names, added, after)):
            console.say(f"The lab of {', '.join(running)} gets them when it is started next.")

    def disable(self, names: Sequence[str]) -> None:
        """Keep members out."""
        self._converge("disable-user", lambda facts: disable_members(names, facts))

    def enable(self, names: Sequence[str]) -> None:
        """Let members in again."""
        self._converge("enable-user", lambda facts: enable_members(names, facts))

    def remove(self, names: Sequence[str], *, yes: bool) -> None:
        """Take members away, after asking for consent."""
        day = datetime.now(UTC).strftime("%Y-%m-%d")
        self._converge(
            "remove-user",
            lambda facts: remove_members(names, day, facts),
            (*MEMBERS, HUB),
            "" if yes else f"Remove {_listed(names)}?",
        )

    def restore(self, names: Sequence[str], *, invite: bool) -> None:
        """Bring removed members back."""
        invites = make_invites(names) if invite else {}

        def plan(facts: Members) -> Iterator[Change]:
            changes = tuple(restore_members(names, facts))
            if invite:
                yield from invite_new_members(invites, facts)
            yield from changes

        after = self._converge("restore-user", plan, (*MEMBERS, HUB) if invite else MEMBERS)
        if invite and not self._dry:
            self._hand_out(invites, after)

    def show(self, *, as_text: bool, sizes: bool) -> None:
        """Print who the members are."""
        answers = self._host.ask(list_questions(sizes))
        rows = parse_rows(answers)
        if as_text:
            console.say(as_json(rows))
            return
        shown = len(COLUMNS) - (not sizes)
        console.table(COLUMNS[:shown], [row[:shown] for row in as_table(rows)])
        for note in notes(rows, parse_members(answers), sizes):
            console.say(note, "yellow" if note.startswith("!") else None)

    def _converge(
        self, task: str, plan: Plan, questions: Sequence[Question] = MEMBERS, question: str = ""
    ) -> Members:
        def operation(answers: Answers) -> Iterator[Change]:
            return plan(parse_members(answers))

        asking = operation if self._dry or not question else self._asking(operation, question)
        after = converge(self._host, questions, asking, order(task, self._wait), self._dry)
        return parse_members(after)

    def _asking(self, operation: Operation, question: str) -> Operation:
        """Ask before the first plan that changes something."""
        has_agreed = False

        def asking(answers: Answers) -> Sequence[Change]:
            nonlocal has_agreed
            plan = tuple(operation(answers))
            if plan and not has_agreed:
                console.preview(plan, self._host.where)
                console.confirm(question)
                has_agreed = True
            return plan

        return asking

    def _hand_out(self, invites: dict[str, Invite], after: Members) -> None:
        taken = given(invites, after)
        for name in invites.keys() - taken.keys():
            console.say(f"{name} has a password already; for another one: inv passwd --name {name}")
        if taken:
            rows = [(name, it.password.value) for name, it in taken.items()]
            console.table(("name", "one-time password"), rows)
            console.say(
                f"Shown this once. Each is good for one login at {self._url}, where it has to be "
                "changed."
            )

    def _say_disabled(self, names: Sequence[str], facts: Members) -> None:
        for name in names:
            if facts.standing(name) == "disabled":
                console.say(f"{name} is disabled: inv enable-user --name {name}", "yellow")


def _listed(names: Sequence[str]) -> str:
    return listed(names) if len(names) <= 5 else count(len(names), "member")
