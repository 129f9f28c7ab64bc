"""Operation: lab accounts, their groups and their homes."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ops.errors import OperationError, UsageError
from ops.members.facts import Account, Accounts, Folder
from ops.names import (
    EVERYBODY,
    account,
    group_problem,
    home,
    name_problem,
)
from ops.plan.command import Change, Command, Shell, run
from ops.plan.files import read_script
from ops.plan.groups import ensure_groups

FIRST_UID = 1000
HOME_MODE = "700"


@dataclass(frozen=True)
class Member:
    """Somebody who should have an account: hub name and groups beside `users`."""

    name: str
    groups: tuple[str, ...] = ()


def read_members(names: Sequence[str], text: str, groups: str) -> tuple[Member, ...]:
    """Check the names of a command line and of a file (one a line, `#` begins a comment).

    :raises UsageError: with every mistake, before any connection.
    """
    listed = [line.partition("#")[0].strip() for line in text.splitlines()]
    wanted = [*names, *filter(None, listed)]
    into = tuple(group.strip() for group in groups.split(",") if group.strip())
    problems = [problem for name in wanted if (problem := name_problem(name))]
    problems += [problem for group in into if (problem := group_problem(group))]
    if not wanted:
        problems.append("whom? Give --name alice (as often as you like) or --file users.txt")
    if problems:
        raise UsageError("\n".join(problems))
    return tuple(Member(name, into) for name in dict.fromkeys(wanted))


def ensure_members(members: Iterable[Member], facts: Accounts) -> Iterator[Change]:
    """Give each member an account, a home and groups; repair what is half made.

    :raises OperationError: when an account or a home of that name is not the lab's; then nothing
        at all is to be changed.
    """
    members = tuple(members)
    if foreign := [text for m in members if (text := _foreign(m.name, facts))]:
        raise OperationError("\n".join(foreign))
    yield from ensure_groups([EVERYBODY, *(g for m in members for g in m.groups)], facts.groups)
    for member in members:
        has = facts.accounts.get(account(member.name))
        if has is None:
            yield _create(member, facts)
        else:
            yield from _repair(member, has, facts)


def _foreign(name: str, facts: Accounts) -> str | None:
    """Say why what stands under a member's name on the host is not to be touched."""
    who, path = account(name), home(name)
    has, folder = facts.accounts.get(who), facts.homes.get(path)
    if has and has.home != path:
        return f"{who} is no lab account: its home is {has.home}, not {path}. It is left alone"
    if has and has.uid < FIRST_UID:
        return f"{who} is no lab account: uid {has.uid} is the system's. It is left alone"
    if folder and folder.kind != "directory":
        return f"{path} is a {folder.kind}, not a folder: move it away, then run the task again"
    owners = {a.uid: other for other, a in facts.accounts.items()}
    if folder and folder.uid != 0 and (has.uid if has else None) != folder.uid:
        if not has and folder.uid >= FIRST_UID and folder.uid not in owners:
            return None
        owner = owners.get(folder.uid, f"uid {folder.uid}")
        return f"{path} belongs to {owner}, not to {who}: give it back by hand, or move it away"
    return None


def _create(member: Member, facts: Accounts) -> Change:
    name, path = account(member.name), home(member.name)
    folder = facts.homes.get(path)
    own = ("--gid", name) if name in facts.groups else ("--user-group",)
    groups = ",".join(sorted({EVERYBODY, *member.groups}))
    why = f"Create the account {name} with home {path}"
    uid: tuple[str, ...] = ()
    if folder and folder.uid != 0:
        # The account was lost and its home was not: the files stay hers by keeping their uid.
        uid = ("--uid", str(folder.uid))
        why = f"Create the account {name} for its home {path}, uid {folder.uid} as before"
    # No password is given, so none is accepted: members log in to the hub, not to the host.
    options = ("--no-create-home", "--home-dir", path, "--shell", "/bin/bash", "--groups", groups)
    add = run("useradd", *uid, *own, *options, "--", name)
    return Change(why, (add, *_home_steps(name, path, folder)))


def _home_steps(name: str, path: str, folder: Folder | None) -> tuple[Command | Shell, ...]:
    if folder is None:
        return (
            Shell(f"copy /etc/skel to {path}", read_script("ops.members", "home.sh"), (name, path)),
        )
    owner = run("chown", "-R", "--no-dereference", f"{name}:", path)
    mode = run("chmod", f"0{HOME_MODE}", path)
    return (*((owner,) if folder.uid == 0 else ()), *((mode,) if folder.mode != HOME_MODE else ()))


def _repair(member: Member, has: Account, facts: Accounts) -> Iterator[Change]:
    name, path = account(member.name), home(member.name)
    if not has.is_locked:
        yield Change(f"Disable password login of {name}", (run("usermod", "--lock", name),))
    wanted = {EVERYBODY, *member.groups}
    missing = sorted(group for group in wanted if not _is_member(name, has, group, facts))
    if missing:
        groups = ",".join(missing)
        yield Change(
            f"Add {name} to {', '.join(missing)}",
            (run("usermod", "--append", "--groups", groups, "--", name),),
        )
    folder = facts.homes.get(path)
    if steps := _home_steps(name, path, folder):
        yield Change(f"{'Repair' if folder else 'Create'} the home {path} (0{HOME_MODE})", steps)


def _is_member(name: str, has: Account, group: str, facts: Accounts) -> bool:
    found = facts.groups.get(group)
    return found is not None and (found.gid == has.gid or name in found.members)
