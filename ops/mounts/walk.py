"""The walk of `inv mounts`: make the mounts right, prove each, and end with what is not."""

from collections.abc import Sequence

from ops import console
from ops.errors import OperationError
from ops.mounts.errors import trials_explained
from ops.mounts.facts import mount_questions, parse_mounts
from ops.mounts.operation import ensure_mounts
from ops.mounts.proof import BROKEN, Proof, parse_proofs, proof_questions
from ops.plan.question import Answers
from ops.plan.script import Order
from ops.remote.apply import converge
from ops.remote.host import Host
from ops.settings.shares import Mount

_COLUMNS = ("share", "target", "mounted", "read", "write", "free")


def prove(host: Host, order: Order, *, only_look: bool, dry: bool) -> None:
    """Mount what is configured, and show what each mount can do.

    :raises OperationError: when one of them is not right.
    """
    mounts = host.config.mounts
    with host, trials_explained(mounts):
        _prove(host, mounts, order, only_look, dry)


def _prove(host: Host, mounts: Sequence[Mount], order: Order, only_look: bool, dry: bool) -> None:
    asked = (*mount_questions(mounts), *proof_questions(mounts, only_look or dry))
    if only_look:
        answers = host.ask(asked)
        differs = [change.why for change in ensure_mounts(mounts, parse_mounts(mounts, answers))]
    else:
        answers = converge(
            host,
            asked,
            lambda found: ensure_mounts(mounts, parse_mounts(mounts, found)),
            order,
            dry,
        )
        differs = []
    if dry:
        return
    proofs = tuple(parse_proofs(mounts, answers))
    _show(proofs, answers)
    problems = [f"{it.mount.target}: {it.problem}" for it in proofs if it.problem]
    if differs:
        listed = "".join(f"\n    {why}" for why in differs)
        problems.append(f"not as .env describes it; `inv mounts` would:{listed}")
    if problems:
        head = f"On {host.where} not everything is right:"
        raise OperationError("\n  ".join([head, *problems]))


def _show(proofs: Sequence[Proof], answers: Answers) -> None:
    if proofs:
        console.table(_COLUMNS, [_row(it) for it in proofs])
    else:
        console.say("No mount is configured: MOUNT_DATA=//host/share ro in .env makes one.")
    for line in answers[BROKEN]:
        console.say(f"! In /etc/fstab, not labhub's and left as it is: {line}", "yellow")


def _row(proof: Proof) -> tuple[str, ...]:
    share, target = proof.mount.share.source, proof.mount.target
    mounted = "yes" if proof.is_mounted else "NO"
    return share, target, mounted, proof.read, proof.write, proof.free
