"""Facts → plan → preview or changes → facts again: the walk that every task takes."""

import getpass
import socket
from collections.abc import Callable, Iterable, Sequence

from ops import console, progress
from ops.errors import OperationError
from ops.remote.command import Change, Plan
from ops.remote.framing import Answers
from ops.remote.host import Host
from ops.remote.script import HOST, Lock, Order, Question

Operation = Callable[[Answers], Iterable[Change]]


def order(task: str, wait: bool = False, locks: tuple[Lock, ...] = (HOST,)) -> Order:
    """Say who changes the host: the account and the machine of this operator."""
    return Order(task, f"{getpass.getuser()}@{socket.gethostname()}", locks, wait)


def converge(
    host: Host, questions: Sequence[Question], operation: Operation, order: Order, dry: bool
) -> Answers:
    """Make what an operation wants true on the host; return the facts as they are then.

    One session where all is right already, two where something is to be changed.

    :raises OperationError: also when a fact is still wrong after its change.
    """
    return follow(host, questions, operation, order, dry)[1]


def follow(
    host: Host,
    questions: Sequence[Question],
    operation: Operation,
    order: Order,
    dry: bool,
    proof: Callable[[Answers], Sequence[Question]] = lambda before: (),
) -> tuple[Answers, Answers]:
    """Converge; return the facts before and after. `proof` is asked only after changes."""
    while True:
        before = answers = host.ask(questions)
        plan = tuple(operation(answers))
        if not plan:
            console.say(
                f"✓ {host.where}: everything is right already, nothing was changed.", "green"
            )
        elif dry:
            console.preview(plan, host.where)
        elif (after := carry_out(host, plan, (*questions, *proof(before)), order)) is None:
            continue
        else:
            _check(tuple(operation(after)), host.where)
            answers = after
        return before, answers


def carry_out(
    host: Host, plan: Plan, questions: Sequence[Question], order: Order
) -> Answers | None:
    """Make the changes of a plan, showing each; None where the plan is to be made anew."""
    with progress.ChangeProgress(plan).shown() as shown:
        return host.change(plan, questions, order, shown)


def _check(left: Plan, where: str) -> None:
    if left:
        wrong = "".join(f"\n  {change.why}" for change in left)
        raise OperationError(f"On {where} this is still to be done after all changes:{wrong}")
