"""What a session met, compared with `.env`: a finding for each thing that members need."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ops.check.session import UID, Session
from ops.findings import Finding, notice, problem, right
from ops.names import CHECK, EVERYBODY, EVERYBODY_GID, home
from ops.settings.config import Config
from ops.settings.shares import Mount
from ops.stack.limits import Limit, in_bytes

_READ_ONLY = ("Read-only file system", "Permission denied")


@dataclass(frozen=True)
class Wanted:
    """What `.env` says of such a lab; `memory` in bytes."""

    memory: int
    cpus: float
    processes: int
    mounts: tuple[Mount, ...]


def wanted_of(config: Config) -> Wanted:
    """Return what the lab of the check is to have: it is in all groups that shares are for."""
    groups = {EVERYBODY, *(it.share.group for it in config.mounts if it.share.group)}
    return Wanted(
        memory=max(map(in_bytes, _of(config.memory_limit, groups))),
        cpus=max(_of(config.cpu_limit, groups)),
        processes=max(_of(config.process_limit, groups)),
        mounts=config.mounts,
    )


def _of(limit: Limit[Any], groups: set[str]) -> Sequence[Any]:
    return [limit.groups[name] for name in groups & limit.groups.keys()] or [limit.general]


def judge(session: Session, wanted: Wanted) -> Iterator[Finding]:
    """Say of the stack, then of each share, whether it is as it should be."""
    yield from of_the_stack(session, wanted)
    yield from of_the_shares(session, wanted.mounts)


def of_the_stack(session: Session, wanted: Wanted) -> Iterator[Finding]:
    """Say whether signing in, starting and working were right."""
    seconds = session.seconds
    yield right("sign in", f"in {seconds['Sign in']:g} s, through the proxy")
    if not session.image:
        yield notice("lab", "there is no version yet that a lab could run", "inv push --tag …")
        return
    yield right("lab", f"{session.image} answered after {seconds['Start a lab']:g} s")
    yield right("kernel", f"ran a cell after {seconds['Run a cell']:g} s")
    yield _account(session)
    yield _limits(session.lab["limits"], wanted)
    yield _closed(session.lab)


def _account(session: Session) -> Finding:
    lab = session.lab
    is_same = lab["uid"] == UID and set(lab["groups"]) == session.groups
    if not is_same or EVERYBODY_GID not in session.groups:
        said = f"uid {lab['uid']}, groups {lab['groups']} in the lab, not {sorted(session.groups)}"
        return problem("account", said, "inv logs --grep labcheck")
    if lab["home"] != home(CHECK) or not lab["is_home_writable"]:
        return problem("account", f"its home {lab['home']} cannot be written", "inv doctor")
    return right("account", "uid, groups and home are those of the host")


def _limits(seen: Mapping[str, Sequence[str]], wanted: Wanted) -> Finding:
    try:
        found = _numbers(seen)
    except (LookupError, ValueError, ZeroDivisionError):
        return problem("limits", f"the lab has none: {dict(seen)}", "inv deploy")
    if found != (wanted.memory, wanted.cpus, wanted.processes):
        said = "{} bytes of memory, {:g} cores, {} processes, not as in .env".format(*found)
        return problem("limits", said, "inv deploy")
    memory, cpus, processes = wanted.memory / 1024**3, wanted.cpus, wanted.processes
    return right("limits", f"{memory:g} GB of memory, {cpus:g} cores, {processes} processes")


def _numbers(seen: Mapping[str, Sequence[str]]) -> tuple[int, float, int]:
    quota, period = seen["cpu"][:2]
    return int(seen["memory"][0]), int(quota) / int(period), int(seen["processes"][0])


def _closed(lab: Mapping[str, Any]) -> Finding:
    reached = [*lab["open"], *(["the engine's socket"] if lab["has_docker"] else [])]
    if reached:
        return problem("closed", f"a lab reaches {', '.join(reached)}", "inv deploy")
    return right("closed", "registry, the proxy's API and Docker are out of reach")


def of_the_shares(session: Session, mounts: Sequence[Mount]) -> Iterator[Finding]:
    """Say of each share whether a lab has it as `.env` says."""
    for mount in mounts if session.image else ():
        if mount.name in session.away:
            yield problem(mount.name, "is away; labs start without it", "inv mounts --check")
        else:
            yield _share(mount, session.lab["shares"].get(mount.target))


def _share(mount: Mount, used: Mapping[str, str] | None) -> Finding:
    if used is None:
        return problem(mount.name, "is not offered to labs", "inv mounts")
    if used["read"]:
        return problem(mount.name, f"cannot be read: {used['read']}", "inv mounts --check")
    if mount.share.read_only:
        if used["write"] in _READ_ONLY:
            return right(mount.name, "can be read, and not written")
        said = f"should be read-only; writing: {used['write'] or 'works'}"
        return problem(mount.name, said, "inv mounts")
    if used["write"]:
        return problem(mount.name, f"cannot be written: {used['write']}", "inv mounts --check")
    return right(mount.name, "can be read and written")
