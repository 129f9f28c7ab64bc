"""The two scripts of a task: one that only asks, and one that changes and asks again.

A script is one shell function, called in its last line: bash reads all of it before it runs any of
it, so a connection that breaks while the script travels has changed nothing.
"""

import shlex
from dataclasses import dataclass

from ops.plan.command import Plan, render_step
from ops.plan.files import read_script
from ops.plan.question import Questions

AUDIT_LOG = "/var/log/labhub/audit.log"
LOCK_FOLDER = "/run/labhub"
HOST = "host"
"""The lock of all that changes the host itself, and not only an image in its registry."""
ANY_TURN = "any"
"""The turn of facts that may be older than others' changes: nothing of the plan rests on them."""

_TAIL = "exit 0\n}\nlabhub\n"
_GO_ON = f"wait\n{read_script('ops.plan', 'ready.sh')}}}\nlabhub\n"


@dataclass(frozen=True)
class Order:
    """Who changes a host, with what task, and how the changes of others are met."""

    task: str
    who: str
    lock: str = HOST
    wait: bool = False


def lock_file(lock: str) -> str:
    """Return where the host notes who changes it, and in which session."""
    return f"{LOCK_FOLDER}/{lock}.lock"


def render_questions(questions: Questions, nonce: str) -> str:
    """Render a script that prints whose turn it is to change the host, and then the answers.

    Each answer stands between ``#<nonce> fact <key>`` and ``#<nonce> answered <status> <error>``.
    Behind the last one the shell is ready for the next script.
    """
    # First: what changes while they are asked has then another turn.
    turn = f'mark turn "$(turn {shlex.quote(lock_file(HOST))})"\n'
    return _head(nonce) + turn + _ask(questions) + _GO_ON


def render_changes(plan: Plan, questions: Questions, order: Order, turn: str, nonce: str) -> str:
    """Render a script that makes a plan true, frames each change, and answers the questions last.

    It changes nothing where it is another's `turn` than when the plan was made. It stops at the
    first step that fails, with a line ``#<nonce> failed <change> <step> <status>``.
    """
    patience = "wait" if order.wait else "none"
    begin = ["begin", turn, patience, lock_file(order.lock), AUDIT_LOG, order.who, order.task]
    parts = [_head(nonce), read_script("ops.plan", "change.sh"), shlex.join(begin), "\n"]
    for number, change in enumerate(plan):
        parts.append(f"said=; mark start {number}\n")
        sentence = shlex.quote(change.why)
        parts += (
            f"{{ {render_step(step)} ; }} 2>&1 || failed $? {number} {index} {sentence}\n"
            for index, step in enumerate(change.steps)
        )
        remarked = f'{sentence}"${{said:+ ($said)}}"'
        parts.append(f'audit done {remarked}\nmark done {number} "$said"\n')
    return "".join(parts) + "sign\n" + _ask(questions) + _TAIL


def _head(nonce: str) -> str:
    return f"labhub() {{\nnonce={shlex.quote(nonce)}\n{read_script('ops.plan', 'session.sh')}"


def _ask(questions: Questions) -> str:
    # All are asked at once, each into a pipe of its own, and answered in their order: together
    # they take as long as the slowest.
    asked = "".join(
        f"exec {{answer{number}}}< <({shlex.join(['ask', question.script, *question.args])})\n"
        for number, question in enumerate(questions)
    )
    answered = "".join(
        f'mark fact {question.key}; cat <&"$answer{number}"; exec {{answer{number}}}<&-\n'
        for number, question in enumerate(questions)
    )
    return f"mark facts\n{asked}{answered}mark end\n"
