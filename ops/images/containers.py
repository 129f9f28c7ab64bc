"""Containers of a host, the images that they are of and whose labs: the question, its parser."""

import json
from collections.abc import Iterable
from dataclasses import dataclass

from ops.remote.framing import Answers
from ops.remote.script import Question

CONTAINERS = Question(
    "containers",
    "docker ps --all --quiet --no-trunc | xargs -r docker inspect --format "
    "'{{.Image}} {{.Config.Image}} {{.State.Status}} {{json .HostConfig.GroupAdd}} "
    '{{index .Config.Labels "labhub.lab"}}\'',
)
_ENDED = ("exited", "dead")


@dataclass(frozen=True)
class Container:
    """A container, and whose lab it is; `image` is the engine's id, `reference` its name.

    `groups` are those that it was started with, beside its user's own.
    """

    image: str
    reference: str
    is_running: bool
    member: str | None
    groups: frozenset[int] = frozenset()


def parse_containers(answers: Answers) -> tuple[Container, ...]:
    """Read the answer to `CONTAINERS`."""
    found = []
    for line in answers.get("containers", "").splitlines():
        image, reference, status, groups, *member = line.split()
        name = member[0] if member and member[0] != "<no" else None
        gids = frozenset(int(gid) for gid in json.loads(groups) or ())
        found.append(Container(image, reference, status not in _ENDED, name, gids))
    return tuple(found)


def labs(containers: Iterable[Container]) -> dict[str, Container]:
    """Return the labs that run, by their members."""
    return {it.member: it for it in containers if it.member and it.is_running}


def running(containers: Iterable[Container], ids: Iterable[str]) -> tuple[str, ...]:
    """Return the members whose labs run an image, by any of its ids."""
    ids = frozenset(ids)
    return tuple(sorted(name for name, it in labs(containers).items() if it.image in ids))
