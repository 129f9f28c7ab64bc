"""Operation: one-time passwords, made here and shown once, to be changed at the first login."""

import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ops.members.facts import Known, Members
from ops.remote.command import Change, Secret, run

# Neither l and 1 nor o and 0: it is read from paper. Twelve of them are 59 bits.
_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"


@dataclass(frozen=True)
class Invite:
    """A one-time password, and the number by which the hub tells it from others."""

    password: Secret
    number: str


def make_invites(names: Sequence[str]) -> dict[str, Invite]:
    """Make up a one-time password for each name."""
    return {name: Invite(_make_password(), secrets.token_hex(8)) for name in names}


def _make_password() -> Secret:
    parts = ("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(3))
    return Secret("-".join(parts))


def invite_members(invites: Mapping[str, Invite], facts: Members) -> Iterator[Change]:
    """Give members these passwords in the place of any other."""
    known = facts.known()
    yield from _give(
        {
            name: invite
            for name, invite in invites.items()
            if known.get(name, Known()).invite != invite.number
        }
    )


def invite_new_members(invites: Mapping[str, Invite], facts: Members) -> Iterator[Change]:
    """Give these passwords to those members who have none yet."""
    known = facts.known()
    yield from _give(
        {
            name: invite
            for name, invite in invites.items()
            if not known.get(name, Known()).has_password
        }
    )


def given(invites: Mapping[str, Invite], facts: Members) -> dict[str, Invite]:
    """Return those invites that the hub has taken."""
    known = facts.known()
    return {
        name: invite
        for name, invite in invites.items()
        if name in known and known[name].invite == invite.number
    }


def _give(invites: Mapping[str, Invite]) -> Iterator[Change]:
    if not invites:
        return
    content = {
        name: {"password": invite.password.value, "invite": invite.number}
        for name, invite in invites.items()
    }
    command = ("docker", "exec", "--interactive", "labhub-hub", "python", "-m", "labhub.operate")
    give = run(*command, "invite", stdin=Secret(json.dumps(content)))
    yield Change(f"Give a one-time password to {', '.join(invites)}", (give,))
