"""The scripts that a host gets: to answer, to change and answer again, to pass on what is printed.

A script is one shell function, called in its last line: bash reads all of it before it runs any of
it, so a connection that breaks while the script travels has changed nothing.
"""

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ops.remote.command import Plan, Step, render_step

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
class Lock:
    """An advisory lock on a host: one task has it alone, or several that share it."""

    name: str
    shared: bool = False


HOST = Lock("host")


@dataclass(frozen=True)
class Order:
    """Who changes a host, with what task, and how the changes of others are met.

    The locks are taken in their order; whoever takes two of them takes them in the same one.
    """

    task: str
    who: str
    locks: tuple[Lock, ...] = (HOST,)
    wait: bool = False


def render_questions(questions: Sequence[Question], nonce: str) -> str:
    """Render a script that prints the answers, each behind a line ``#<nonce> fact <key>``."""
    return _HEAD + _ask(questions, nonce) + _TAIL


def render_changes(plan: Plan, questions: Sequence[Question], order: Order, nonce: str) -> str:
    """Render a script that makes a plan true, frames each change, and answers the questions last.

    It stops at the first step that fails, with a line ``#<nonce> failed <change> <step> <status>``.
    """
    # Who has waited ends all the same: the plan was made before others changed the host.
    waited = "mark waited; exit 0"
    parts = [_HEAD, _frame(nonce), *_lock(order, waited), _audit(order)]
    for number, change in enumerate(plan):
        parts.append(f"mark start {number}\n")
        for index, step in enumerate(change.steps):
            sentence = shlex.quote(change.why)
            parts.append(
                f"{{ {render_step(step)} ; }} 2>&1 || failed $? {number} {index} {sentence}\n"
            )
        parts.append(f"audit done {shlex.quote(change.why)}\nmark done {number}\n")
    return "".join(parts) + _ask(questions, nonce) + _TAIL


def render_alone(step: Step) -> str:
    """Render a script that is one step: what it reads and prints is the session's own."""
    return f"{_HEAD}{render_step(step)}\nexit $?\n}}\nlabhub\n"


def render_hold(
    questions: Sequence[Question], order: Order, at_end: Sequence[Step], nonce: str
) -> str:
    """Render a script that takes the locks, answers, and keeps them until its input ends.

    The steps `at_end` are made then, whatever it was that ended it.
    """
    end = "".join(f"{{ {render_step(step)} ; }} >/dev/null 2>&1\n" for step in at_end)
    take = [_HEAD, _frame(nonce), *_lock(order, ":")]
    # It says something now and then: a machine that vanished without a word is noticed by that.
    hold = "while read -r -t 30; [ $? -gt 128 ]; do mark alive; done\n"
    return "".join([*take, "trap '' PIPE HUP TERM\n", _ask(questions, nonce), hold, end, _TAIL])


def render_stream(step: Step, nonce: str, who: Order | None = None, why: str = "") -> str:
    """Render a script that passes on all that a step prints, and ends with its exit status.

    With `who`, the audit log says that it was done, and `why`, before it begins.
    """
    begun = f"mkdir -p {AUDIT_LOG.rpartition('/')[0]}\n{_audit(who)}" if who else ""
    noted = f"audit done {shlex.quote(why)}\n" if who else ""
    made = f"status=0; {{ {render_step(step)} ; }} 2>&1 || status=$?\nmark ended $status\n"
    return "".join([_HEAD, _frame(nonce), begun, noted, made, _TAIL])


def _frame(nonce: str) -> str:
    return f"""\
mark() {{ printf '\\n#{nonce} %s\\n' "$*"; }}
failed() {{ audit "failed ($1)" "$4"; mark failed "$2" "$3" "$1"; exit 1; }}
"""


def _lock(order: Order, waited: str) -> Iterator[str]:
    yield f"mkdir -p {LOCK_FOLDER} {AUDIT_LOG.rpartition('/')[0]}\n"
    holder = shlex.join([order.who, order.task])
    for descriptor, lock in zip((9, 8, 7), order.locks, strict=False):
        path = shlex.quote(f"{LOCK_FOLDER}/{lock.name}.lock")
        how = "--shared " if lock.shared else ""
        otherwise = f"flock {how}{descriptor}; {waited}" if order.wait else "exit 0"
        # Opened for append: the holder's own line must survive the opening by the next one. Every
        # step inherits the descriptor, so that one which outlives a lost connection keeps the lock.
        yield f"""\
exec {descriptor}>>{path}
if ! flock --nonblock {how}{descriptor}; then mark held "$(cat {path})"; {otherwise}; fi
printf '%s, inv %s, since %s\\n' {holder} "$(date '+%F %T')" > {path}
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
        f"exec {{answer{number}}}< <( exec </dev/null 2>/dev/null\n"
        f"{shlex.join(['set', '--', *question.args])}\n{question.script.strip()}\n)\n"
        for number, question in enumerate(questions)
    )
    answered = "".join(
        f"printf '\\n#{nonce} fact {question.key}\\n'; cat <&\"$answer{number}\"\n"
        for number, question in enumerate(questions)
    )
    return f"printf '\\n#{nonce} facts\\n'\n{asked}{answered}printf '\\n#{nonce} end\\n'\n"
