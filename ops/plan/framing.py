"""What a host prints while a script runs → answers and events."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from ops.errors import ConnectError, LockError, StepError
from ops.plan.command import Here, Plan
from ops.plan.question import Answer, Answers

LAST_LINES = 12


@dataclass(frozen=True)
class Started:
    """A change has begun."""

    number: int


@dataclass(frozen=True)
class Printed:
    """A change printed a line."""

    line: str


@dataclass(frozen=True)
class Shown:
    """Our own part of a change has come so far."""

    line: str


@dataclass(frozen=True)
class Done:
    """A change was made; the remark is that of our own part in it."""

    number: int
    remark: str = ""


@dataclass(frozen=True)
class Waiting:
    """Another operator holds the lock, or the rest of a lost task of one's own does."""

    holder: str
    is_own: bool = False


@dataclass(frozen=True)
class Overtaken:
    """The facts are older than a change of the host, or of the midst of one that was broken off."""

    by: str
    is_finished: bool


@dataclass(frozen=True)
class Ours:
    """The host waits for what this machine does."""

    step: Here


Event = Started | Printed | Shown | Done | Waiting | Overtaken | Ours


def read_answers(lines: Iterable[str], nonce: str, where: str) -> Answers:
    """Collect the answers to a script's questions."""
    found: dict[str, Answer] = {}
    key, current, turn = "", list[str](), ""
    for words, line in _marked(lines, nonce):
        match words:
            case ["turn", *whose]:
                turn = " ".join(whose)
            case ["fact", asked]:
                key, current = asked, []
            case ["answered", status, *said]:
                found[key] = Answer("\n".join(current).strip("\n"), int(status), " ".join(said))
            case ["end"]:
                return Answers(found, where, turn)
            case None:
                current.append(line)
    raise ConnectError(f"The connection to {where} was lost while it was asked; nothing changed")


def read_changes(
    lines: Iterable[str], plan: Plan, nonce: str, where: str, notify: Callable[[Event], None]
) -> Answers | None:
    """Report each change as it happens, and collect the answers that follow the last one.

    None means that nothing was changed: others have changed the host since the plan was made.

    :raises StepError: when a step fails, with its change, its command and its last lines.
    :raises LockError: when another operator holds the lock and the order does not wait.
    """
    lines = iter(lines)
    done, printed, waiting = 0, list[str](), ""
    ours: Iterator[Here] = iter(())
    for words, line in _marked(lines, nonce):
        match words:
            case ["start", number]:
                printed = []
                waiting = ""
                ours = (step for step in plan[int(number)].steps if isinstance(step, Here))
                notify(Started(int(number)))
            case ["here"]:
                notify(Ours(next(ours)))
            case ["done", number, *remark]:
                done += 1
                notify(Done(int(number), " ".join(remark)))
            case ["stale", how, *whom]:
                if not waiting:
                    notify(Overtaken(" ".join(whom), how == "finished"))
                return None
            case ["held", *holder]:
                waiting = " ".join(holder)
                notify(Waiting(waiting))
            case ["own", *holder]:
                notify(Waiting(" ".join(holder), is_own=True))
            case ["failed", number, step, status]:
                sentence = _failure(plan, int(number), int(step), int(status), printed, where)
                raise StepError(sentence, printed)
            case ["facts"]:
                return read_answers(lines, nonce, where)
            case None:
                if line:
                    printed.append(line)
                    notify(Printed(line))
    if waiting:
        raise LockError(
            f"{where} is being changed by somebody else: {waiting}. Nothing was changed; try again "
            "later, or wait in line with --wait"
        )
    raise ConnectError(
        f"The connection to {where} was lost after {done} of {len(plan)} changes. Run the task "
        "again: what is done stays, the rest is made up"
    )


def _marked(lines: Iterable[str], nonce: str) -> Iterator[tuple[list[str] | None, str]]:
    for line in lines:
        is_mark = line.startswith(f"#{nonce} ")
        yield (line.split()[1:] if is_mark else None), line


def _failure(
    plan: Plan, number: int, step: int, status: int, printed: list[str], where: str
) -> str:
    change = plan[number]
    said = "".join(f"\n    {line}" for line in printed[-LAST_LINES:]) or " (it printed nothing)"
    return (
        f"On {where} this failed: {change.why}\n  command: {shortened(str(change.steps[step]))}\n"
        f"  exit status {status}, last lines:{said}\n"
        f"  The {number} changes before it stay. Mend the cause, then run the task again."
    )


def shortened(text: str, length: int = 160) -> str:
    """Cut a long command line: its beginning tells which one it is."""
    first = text.partition("\n")[0]
    return first if len(first) <= length else first[: length - 1] + "…"
