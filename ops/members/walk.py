"""The walk of `inv add-user`: who is meant, what they get, and where they log in."""

from collections.abc import Sequence
from pathlib import Path

from ops import console
from ops.errors import UsageError
from ops.members.facts import ACCOUNTS, parse_accounts
from ops.members.operation import Member, ensure_members, read_members
from ops.plan.script import Order
from ops.remote.apply import converge
from ops.remote.host import Host


def add(
    host: Host, names: Sequence[str], file: str, groups: str, order: Order, *, dry: bool
) -> None:
    """Give members accounts, homes and groups."""
    members = read_members(names, _read(file) if file else "", groups)
    with host:
        converge(
            host,
            ACCOUNTS,
            lambda answers: ensure_members(members, parse_accounts(answers)),
            order,
            dry,
        )
        url = host.config.hub_at(host.address)
    if not dry:
        console.say(f"{_listed(members)}: log in at {url}. The first password becomes theirs.")


def _listed(members: Sequence[Member]) -> str:
    if len(members) > 5:
        return f"{len(members)} members"
    return ", ".join(member.name for member in members)


def _read(file: str) -> str:
    try:
        return Path(file).expanduser().read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} cannot be read: {error}") from error
