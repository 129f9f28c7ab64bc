"""The two scripts that a host ever gets: one that only asks, and one that changes and asks again.

A script is one shell function, called in its last line: bash reads all of it before it runs any of
it, so a connection that breaks while the script travels has changed nothing.
"""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from ops.command import Plan, render_step

AUDIT_LOG = "/var/log/labhub/audit.log"
LOCK_FOLDER = "/run/labhub"

_HEAD = """\
labhub() {
export LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive BUILDKIT_PROGRESS=plain
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
umask 022
cd /
"""
_TAIL = "exit 0\n}\nlabhub\n"


@dataclass(frozen=True)
class Question:
    """A piece of shell that only reads; its standard output is the answer to `key`."""

    key: str
    script: str
    args: tuple[str, ...] = ()


@dataclass(frozen=True)
class Order:
    """Who changes a host, with what task, and how the changes of others are met."""

    task: str
    who: str
    lock: str = "host"
    wait: bool = False


def render_questions(questions: Sequence[Question], nonce: str) -> str:
    """Render a script that prints the answers, each behind a line ``#<nonce> fact <key>``."""
    return _HEAD + _ask(questions, nonce) + _TAIL


def render_changes(plan: Plan, questions: Sequence[Question], order: Order, nonce: str) -> str:
    """Render a script that makes a plan true, frames each change, and answers the questions last.

    It stops at the first step that fails, with a line ``#<nonce> failed <change> <step> <status>``.
    """
    parts = [_HEAD, _frame(nonce), _lock(order), _audit(order)]
    for number, change in enumerate(plan):
        parts.append(f"mark start {number}\n")
        for index, step in enumerate(change.steps):
            sentence = shlex.quote(change.why)
            parts.append(
                f"{{ {render_step(step)} ; }} 2>&1 || failed $? {number} {index} {sentence}\n"
            )
        parts.append(f"audit done {shlex.quote(change.why)}\nmark done {number}\n")
    return "".join(parts) + _ask(questions, nonce) + _TAIL


def _frame(nonce: str) -> str:
    return f"""\
mark() {{ printf '\\n#{nonce} %s\\n' "$*"; }}
failed() {{ audit "failed ($1)" "$4"; mark failed "$2" "$3" "$1"; exit 1; }}
"""


def _lock(order: Order) -> str:
    path = shlex.quote(f"{LOCK_FOLDER}/{order.lock}.lock")
    # Opened for append: the holder's own line must survive the opening by the next one. Every step
    # inherits the descriptor, so that a step which outlives a lost connection keeps the lock. Who
    # has waited ends all the same: the plan was made before others changed the host.
    otherwise = "flock 9; mark waited" if order.wait else ":"
    return f"""\
mkdir -p {LOCK_FOLDER} {AUDIT_LOG.rpartition("/")[0]}
exec 9>>{path}
if ! flock -n 9; then mark held "$(cat {path})"; {otherwise}; exit 0; fi
printf '%s, inv %s, since %s\\n' {shlex.quote(order.who)} {shlex.quote(order.task)} \
"$(date '+%F %T')" > {path}
"""


def _audit(order: Order) -> str:
    head = shlex.join([order.who, f"inv {order.task}"])
    return f"""\
touch {AUDIT_LOG}; chmod 0640 {AUDIT_LOG}
audit() {{ printf '%s\\t%s\\t%s\\t%s\\t%s\\n' "$(date -Is)" {head} "$1" "$2" >> {AUDIT_LOG}; }}
"""


def _ask(questions: Sequence[Question], nonce: str) -> str:
    # All are asked at once, each into a pipe of its own, and answered in their order: together
    # they take as long as the slowest.
    asked = "".join(
        f"exec {{answer{number}}}< <( {shlex.join(['set', '--', *question.args])}\n"
        f"{question.script.strip()}\n) </dev/null 2>/dev/null\n"
        for number, question in enumerate(questions)
    )
    answered = "".join(
        f"printf '\\n#{nonce} fact {question.key}\\n'; cat <&\"$answer{number}\"\n"
        for number, question in enumerate(questions)
    )
    return f"printf '\\n#{nonce} facts\\n'\n{asked}{answered}printf '\\n#{nonce} end\\n'\n"
