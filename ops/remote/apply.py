"""Facts → plan → preview or changes → facts again: what most tasks are."""

import getpass
import socket
from collections.abc import Callable, Iterable

from ops import console
from ops.errors import OperationError
from ops.plan.command import Change, Plan
from ops.plan.framing import Event, Printed
from ops.plan.question import Answers, Questions
from ops.plan.script import HOST, Order
from ops.remote.host import Host

Operation = Callable[[Answers], Iterable[Change]]


def order(task: str, wait: bool = False, lock: str = HOST) -> Order:
    """Say who changes the host: the account and the machine of this operator."""
    return Order(task, f"{getpass.getuser()}@{socket.gethostname()}", lock, wait)


def converge(
    host: Host, questions: Questions, operation: Operation, order: Order, dry: bool
) -> Answers:
    """Make what an operation wants true on the host; return the facts as they are then.

    One script where all is right already, two where something is to be changed, in one session.

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
        elif (after := carry_out(host, plan, questions, order, answers.turn)) is None:
            continue
        else:
            _check(tuple(operation(after)), host.where)
            answers = after
        return answers


def carry_out(
    host: Host,
    plan: Plan,
    questions: Questions,
    order: Order,
    turn: str,
    listen: Callable[[str], None] = lambda _: None,
) -> Answers | None:
    """Make the changes of a plan, showing each; None where the plan is to be made anew.

    `listen` gets each line that they print.
    """
    with console.ChangeProgress(plan).shown() as progress:

        def notify(event: Event) -> None:
            progress(event)
            if isinstance(event, Printed):
                listen(event.line)

        return host.change(plan, questions, order, turn, notify)


def _check(left: Plan, where: str) -> None:
    if left:
        wrong = "".join(f"\n  {change.why}" for change in left)
        raise OperationError(f"On {where} this is still to be done after all changes:{wrong}")
