"""Facts → plan → preview or changes → facts again: the walk that every task takes."""

import getpass
import socket
from collections.abc import Callable, Iterable, Sequence

from ops import console
from ops.command import Change, Plan
from ops.errors import OperationError
from ops.framing import Answers
from ops.host import Host
from ops.script import Order, Question

Operation = Callable[[Answers], Iterable[Change]]


def order(task: str, wait: bool = False, lock: str = "host") -> Order:
    """Say who changes the host: the account and the machine of this operator."""
    return Order(task, f"{getpass.getuser()}@{socket.gethostname()}", lock, wait)


def converge(
    host: Host, questions: Sequence[Question], operation: Operation, order: Order, dry: bool
) -> Answers:
    """Make what an operation wants true on the host; return the facts as they are then.

    One session where all is right already, two where something is to be changed.

    :raises OperationError: also when a fact is still wrong after its change.
    """
    while True:
        answers = host.ask(questions)
        plan = tuple(operation(answers))
        if not plan:
            console.say(
                f"✓ {host.where}: everything is right already, nothing was changed.", "green"
            )
        elif dry:
            console.preview(plan, host.where)
        elif (after := carry_out(host, plan, questions, order)) is None:
            continue
        else:
            _check(tuple(operation(after)), host.where)
            answers = after
        return answers


def carry_out(
    host: Host, plan: Plan, questions: Sequence[Question], order: Order
) -> Answers | None:
    """Make the changes of a plan, showing each; None where the plan is to be made anew."""
    with console.ChangeProgress(plan).shown() as progress:
        return host.change(plan, questions, order, progress)


def _check(left: Plan, where: str) -> None:
    if left:
        wrong = "".join(f"\n  {change.why}" for change in left)
        raise OperationError(f"On {where} this is still to be done after all changes:{wrong}")
