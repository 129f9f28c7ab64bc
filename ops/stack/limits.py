"""What a lab may take: the lines of `.env`, and the list that the hub reads at each start of a lab.

The hub is told in a file, not in its environment: a changed limit restarts nothing.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Generic, TypeVar

from ops.names import account, group_problem, name_problem
from ops.remote.command import Change, Upload
from ops.remote.framing import Answers
from ops.remote.script import Question
from ops.settings.rules import RuleError, matching
from ops.stack import hub_files

Value = TypeVar("Value", str, int, float)

FILE = f"{hub_files.FOLDER}/limits.json"
FORM = "should be everybody's value, then perhaps those of groups and members: @group=… name=…"
LEAST_MEMORY = 256
"""MB, most of which JupyterLab takes by itself."""

_ANSWER = "limits"
_memory = matching(r"[1-9]\d{0,8}[MG]", "should be like 4G or 512M")


@dataclass(frozen=True)
class Limit(Generic[Value]):
    """The most of one thing that a lab may take: everybody's, a group's, a member's."""

    general: Value
    groups: Mapping[str, Value]
    members: Mapping[str, Value]


Limits = Mapping[str, Limit[str] | Limit[int] | Limit[float]]
"""By the keys of `.env` in lower case."""


def memory(value: str) -> str:
    """Read ``4G``."""
    if in_bytes(_memory(value)) < LEAST_MEMORY * 1024**2:
        raise RuleError(f"should be at least {LEAST_MEMORY}M: less is too little for JupyterLab")
    return value


def in_bytes(value: str) -> int:
    """Return the bytes of ``4G`` or ``512M``."""
    return int(value[:-1]) * (1024**3 if value.endswith("G") else 1024**2)


def limit(read: Callable[[str], Value]) -> Callable[[str], Limit[Value]]:
    """Return the rule of a line like ``4G @xps=16G alice=32G``, each value of which is `read`."""

    def rule(line: str) -> Limit[Value]:
        first, *others = line.split()
        general = read(first)
        groups: dict[str, Value] = {}
        members: dict[str, Value] = {}
        for word in others:
            who, is_set, value = word.partition("=")
            if not is_set:
                raise RuleError(FORM)
            into, name = (groups, who[1:]) if who.startswith("@") else (members, who)
            _check(word, name, is_group=into is groups)
            if name in into:
                raise RuleError(f"should say once what {who} gets")
            into[name] = read(value)
        return Limit(general, groups, members)

    return rule


def _check(word: str, name: str, *, is_group: bool) -> None:
    if problem := group_problem(name) if is_group else name_problem(name):
        raise RuleError(f"{FORM}; in {word!r} {problem}")


def limit_questions(limits: Limits) -> tuple[Question, ...]:
    """Return what is to be known of the host; who exists only where somebody is named."""
    named = any(it.groups or it.members for it in limits.values())
    who = (Question("group", "getent group"), Question("passwd", "getent passwd"))
    return (hub_files.question(_ANSWER, FILE), *(who if named else ()))


def ensure_limits(limits: Limits, answers: Answers) -> Iterator[Change]:
    """Tell the hub; a lab that runs keeps what it has."""
    content = render_limits(limits)
    if not hub_files.is_right(answers[_ANSWER], content):
        why = "Set the limits of labs, each from its next start on"
        yield Change(why, (Upload(FILE, content),))


def render_limits(limits: Limits) -> str:
    """Write the list that `labhub/limits.py` reads."""
    return json.dumps({key: asdict(it) for key, it in limits.items()}, indent=1) + "\n"


def nobodys(limits: Limits, answers: Answers) -> Iterator[str]:
    """Say which limits are nobody's, because the host has no such group or member."""
    groups = _names(answers.get("group", ""))
    accounts = _names(answers.get("passwd", ""))
    for key, it in limits.items():
        for group in it.groups:
            if group not in groups:
                yield f"{key.upper()}: this host has no group {group}, so nobody has this limit."
        for name in it.members:
            if account(name) not in accounts:
                yield f"{key.upper()}: this host has no member {name}, so nobody has this limit."


def _names(lines: str) -> frozenset[str]:
    return frozenset(line.partition(":")[0] for line in lines.splitlines())
