"""Groups of the host: which ones there are, and how one that is needed is created."""

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass

from ops.names import EVERYBODY, EVERYBODY_GID
from ops.plan.command import Change, run
from ops.plan.question import Question


@dataclass(frozen=True)
class Group:
    """A group of the host with its listed members."""

    gid: int
    members: frozenset[str]


def _parse(text: str) -> Mapping[str, Group]:
    groups = {}
    for line in text.splitlines():
        name, _, gid, members = line.split(":")
        groups[name] = Group(int(gid), frozenset(filter(None, members.split(","))))
    return groups


GROUPS = Question("groups", "getent group", _parse)


def ensure_groups(wanted: Iterable[str], present: Container[str]) -> Iterator[Change]:
    """Create those groups that are not there."""
    for group in dict.fromkeys(wanted):
        if group not in present:
            number = ("--gid", str(EVERYBODY_GID)) if group == EVERYBODY else ()
            yield Change(f"Create the group {group}", (run("groupadd", *number, "--", group),))
