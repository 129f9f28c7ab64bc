"""The labs that run: whose, which image, since when, what they take, busy or idle."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from ops.images.offer import ADDRESS
from ops.members.facts import HUB, Known, parse_hub
from ops.remote.framing import Answers
from ops.remote.script import Question

BUSY = timedelta(minutes=10)
"""Labs tell the hub every five minutes whether anything ran; within two such reports is busy."""

LABS = Question(
    "labs",
    "docker ps --quiet --filter label=labhub.lab | xargs -r docker inspect --format "
    '\'{{json .Name}} {{json (index .Config.Labels "labhub.lab")}} {{json .Config.Image}} '
    "{{json .State.StartedAt}}'",
)
# It measures for two seconds, so only where there is a lab.
TAKEN = Question(
    "taken",
    "docker ps --quiet --filter label=labhub.lab "
    "| xargs -r docker stats --no-stream --format '{{json .}}'",
)
QUESTIONS = (LABS, TAKEN, HUB, Question("now", "date -Is"))


@dataclass(frozen=True)
class Lab:
    """A lab that runs; `memory` and `cpu` as the engine writes them, `is_busy` None if unknown."""

    member: str
    image: str
    since: str
    memory: str
    cpu: str
    last_activity: str | None
    is_busy: bool | None


def parse_labs(answers: Answers) -> Iterator[Lab]:
    """Read the answers to `QUESTIONS`, in the order of the members' names."""
    taken = {}
    for line in answers["taken"].splitlines():
        found = json.loads(line)
        taken[found["Name"]] = found
    known = parse_hub(answers) or {}
    now = datetime.fromisoformat(answers["now"])
    for line in sorted(answers["labs"].splitlines()):
        name, member, image, since = (json.loads(word) for word in line.split())
        takes: Mapping[str, str] = taken.get(name.removeprefix("/"), {})
        last = known.get(member, Known()).last_activity
        yield Lab(
            member=member,
            image=image.removeprefix(f"{ADDRESS}/"),
            since=since,
            memory=takes.get("MemUsage", ""),
            cpu=takes.get("CPUPerc", ""),
            last_activity=last,
            is_busy=now - datetime.fromisoformat(last) < BUSY if last else None,
        )
