"""What a host prints while a script runs → answers and events."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from ops.errors import ConnectError, LockError, LostError, StepError
from ops.remote.command import Plan

Answers = Mapping[str, str]
"""The standard output of each question, by its key."""

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
class Done:
    """A change was made."""

    number: int


@dataclass(frozen=True)
class Waiting:
    """Another operator holds the lock."""

    holder: str


Event = Started | Printed | Done | Waiting


def read_answers(lines: Iterable[str], nonce: str, where: str, changed: int = 0) -> Answers:
    """Collect the answers of a session that only asks, or that has made changes before."""
    answers: dict[str, list[str]] = {}
    current: list[str] = []
    for words, line in _marked(lines, nonce):
        match words:
            case ["fact", key]:
                current = answers.setdefault(key, [])
            case ["end"]:
                return {key: "\n".join(found).strip("\n") for key, found in answers.items()}
            case None:
                current.append(line)
    so_far = f"all {changed} changes were made" if changed else "nothing was changed"
    raise ConnectError(
        f"The connection to {where} was lost while it was asked; {so_far}. Run the task again"
    )


def read_changes(
    lines: Iterable[str], plan: Plan, nonce: str, where: str, notify: Callable[[Event], None]
) -> Answers | None:
    """Report each change as it happens, and collect the answers that follow the last one.

    None means that the lock was waited for and nothing was changed: the plan may be outdated.

    :raises StepError: when a step fails, with its change, its command and its last lines.
    :raises LockError: when another operator holds the lock and the order does not wait.
    """
    lines = iter(lines)
    done, printed, waiting = 0, list[str](), ""
    for words, line in _marked(lines, nonce):
        match words:
            case ["start", number]:
                printed = []
                waiting = ""
                notify(Started(int(number)))
            case ["done", number]:
                done += 1
                notify(Done(int(number)))
            case ["waited"]:
                return None
            case ["held", *holder]:
                waiting = " ".join(holder)
                notify(Waiting(waiting))
            case ["failed", number, step, status]:
                sentence = _failure(plan, int(number), int(step), int(status), printed, where)
                raise StepError(sentence, printed)
            case ["facts"]:
                return read_answers(lines, nonce, where, done)
            case None:
                if line:
                    printed.append(line)
                    notify(Printed(line))
    if waiting:
        raise _taken(waiting, where)
    raise ConnectError(
        f"The connection to {where} was lost after {done} of {len(plan)} changes. Run the task "
        "again: what is done stays, the rest is made up"
    )


def read_held(
    lines: Iterator[str], nonce: str, where: str, notify: Callable[[Event], None]
) -> Answers:
    """Collect the answers of a session that holds locks, once it has them.

    :raises LockError: when another operator holds one and the order does not wait.
    """
    waiting = ""
    for words, _ in _marked(lines, nonce):
        match words:
            case ["held", *holder]:
                waiting = " ".join(holder)
                notify(Waiting(waiting))
            case ["facts"]:
                return read_answers(lines, nonce, where)
    if waiting:
        raise _taken(waiting, where)
    raise LostError(where, ", and nothing was changed")


def read_stream(lines: Iterable[str], nonce: str, where: str, take: Callable[[str], None]) -> int:
    """Hand on what a step prints; return its exit status."""
    is_empty = False
    for words, line in _marked(lines, nonce):
        match words:
            case ["ended", status]:
                # The empty line before it belongs to the mark, which begins a line in any case.
                return int(status)
            case None:
                if is_empty:
                    take("")
                if not (is_empty := not line):
                    take(line)
    raise LostError(where)


def _taken(holder: str, where: str) -> LockError:
    return LockError(
        f"{where} is being changed by somebody else: {holder}. Nothing was changed; try again "
        "later, or wait in line with --wait"
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
