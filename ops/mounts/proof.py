"""What of each mount works: looked at, and tried as a member; from questions to a table's rows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.filesize import decimal

from ops.mounts.errors import explain
from ops.mounts.facts import unit
from ops.names import ACCOUNT_PREFIX, EVERYBODY, mount_point
from ops.plan.files import read_script
from ops.plan.question import Answers, Question, Questions, lines, plain
from ops.settings.shares import Mount

BROKEN = Question("fstab_verdict", read_script("ops.mounts", "verify.sh", "broken.sh"), lines)
"""What of /etc/fstab is not right by findmnt's judgement, a line each."""


@dataclass(frozen=True)
class Proof:
    """What was found of one mount; `problem` says in one sentence what is not right."""

    mount: Mount
    is_mounted: bool
    read: str
    write: str
    free: str
    problem: str | None


def proof_questions(mounts: Sequence[Mount], only_look: bool) -> Questions:
    """Return the questions that prove mounts; with `only_look` nothing is written to any."""
    return (*(_proof(mount, only_look) for mount in mounts), BROKEN)


def _proof(mount: Mount, only_look: bool = False) -> Question[str]:
    # Each mount is a question of its own, so that all are proved at once.
    group, depth = mount.share.group or EVERYBODY, "look" if only_look else "try"
    place = (mount_point(mount.name), group, f"{unit(mount.name)}.mount")
    return Question(
        f"proof_{mount.name}",
        read_script("ops.mounts", "proof.sh"),
        plain,
        (*place, depth, ACCOUNT_PREFIX),
    )


def parse_proofs(mounts: Sequence[Mount], answers: Answers) -> Iterator[Proof]:
    """Read the answers to `proof_questions`."""
    for mount in mounts:
        said = answers[_proof(mount)]
        told = dict(line.split("=", 1) for line in said.splitlines() if "=" in line)
        if "space" in told:
            yield _mounted(mount, told)
        else:
            yield Proof(mount, False, "no", "no", "", explain(mount, said))


def _mounted(mount: Mount, said: dict[str, str]) -> Proof:
    is_read = said["read"] == "ok"
    who = said["member"] or f"a member of {mount.share.group or EVERYBODY}"
    write, problem = _write(mount, said, who)
    if not is_read:
        problem = f"{who} cannot read it: {said['read']}"
    return Proof(mount, True, "yes" if is_read else "NO", write, _space(said["space"]), problem)


def _write(mount: Mount, said: dict[str, str], who: str) -> tuple[str, str | None]:
    allow = f"have it allowed on {mount.server}, or say ro in {mount.key}"
    if "may_write" in said:
        is_allowed = said["may_write"] == "ok"
        if mount.share.read_only:
            return ("NO", f"{who} could write to it") if is_allowed else ("read-only", None)
        return ("allowed", None) if is_allowed else ("NO", f"{who} may not write: {allow}")
    if said["write"] == "ok":
        return ("YES", f"{who} can write to it") if mount.share.read_only else ("yes", None)
    if mount.share.read_only and "Read-only file system" in said["write"]:
        return "refused", None
    reason = said["write"].rpartition(": ")[2].strip()
    return "NO", f"{who} cannot write ({reason}): {allow}"


def _space(text: str) -> str:
    available, total, size = (int(number) for number in text.split())
    return f"{decimal(available * size)} of {decimal(total * size)}"
