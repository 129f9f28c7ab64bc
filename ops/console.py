"""Everything that is printed: sentences, the running change, tables."""

import os
import signal
import sys
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from getpass import getpass
from textwrap import indent

from ops.errors import ConnectError, OpsError, UsageError
from ops.remote.command import Plan, Secret

_STYLES = {"bold": "1", "dim": "2", "green": "32", "yellow": "33", "red": "31"}


def say(text: str = "", style: str | None = None) -> None:
    """Print a line for the operator."""
    print(_styled(text, style, sys.stdout.isatty()), flush=True)  # noqa: T201


def complain(text: str) -> None:
    """Print an error: its first line in red, to standard error."""
    first, *rest = text.splitlines() or [""]
    head = _styled(f"✗ {first}", "red", sys.stderr.isatty())
    print("\n".join([head, *rest]), file=sys.stderr, flush=True)  # noqa: T201


@contextmanager
def errors_as_sentences() -> Iterator[None]:
    """End a task in one sentence: exit code 1 for an error, 130 where it was interrupted."""
    from invoke import Exit

    sys.unraisablehook = _keep_interrupt
    try:
        yield
    except OpsError as error:
        complain(str(error))
        raise Exit(code=1) from error
    except BrokenPipeError as error:
        # Who reads has seen enough, as `head` has; Python would complain once more at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise Exit(code=141) from error
    except KeyboardInterrupt as error:
        complain("Interrupted. What was done stays; run the task again to finish it.")
        raise Exit(code=130) from error


def _keep_interrupt(lost: "sys.UnraisableHookArgs") -> None:
    # A Ctrl-C that comes while Python clears an object away would be printed, and then forgotten.
    if lost.exc_type is KeyboardInterrupt:
        # Once more, a moment later: from here it could not be raised either.
        again = (threading.main_thread().ident or 0, signal.SIGINT)
        threading.Timer(0.05, signal.pthread_kill, again).start()
    else:
        sys.__unraisablehook__(lost)


def _styled(text: str, style: str | None, is_terminal: bool) -> str:
    return f"\x1b[{_STYLES[style]}m{text}\x1b[0m" if style and is_terminal else text


def ask_password(prompt: str) -> Secret:
    """Ask for a password on the terminal.

    :raises ConnectError: where there is no terminal to ask on.
    """
    if not sys.stdin or not sys.stdin.isatty():
        raise ConnectError(
            "sudo on the host wants a password and there is no terminal to ask on: set "
            "LAB_SUDO_PASSWORD in the environment or in .env"
        )
    try:
        return Secret(getpass(prompt))
    except EOFError as error:
        raise ConnectError("no sudo password was given; nothing was changed") from error


def confirm(question: str) -> None:
    """Ask before something is lost.

    :raises UsageError: where the answer is no, or where nobody can be asked.
    """
    if not sys.stdin or not sys.stdin.isatty():
        raise UsageError(f"{question} There is no terminal to ask on: say so with --yes")
    try:
        answer = input(f"{question} [y/N] ")
    except EOFError:
        answer = ""
    if answer.strip().lower() not in ("y", "yes"):
        raise UsageError("Nothing was changed.")


def preview(plan: Plan, where: str) -> None:
    """Print what a plan would do: its sentences, and the commands below them."""
    count = "1 change" if len(plan) == 1 else f"{len(plan)} changes"
    say(f"{count} would be made on {where}; nothing was changed:", "bold")
    for number, change in enumerate(plan, 1):
        say(f"{number:>3}. {change.why}")
        for step in change.steps:
            say(indent(str(step), " " * 7), "dim")


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print rows below their headings, each column as wide as it needs."""
    from rich.console import Console
    from rich.table import Table

    drawn = Table(*columns, box=None, pad_edge=False, header_style="bold")
    for row in rows:
        drawn.add_row(*row)
    # The terminal wraps what is too wide for it; rich would cut or fold it.
    Console(width=1000, markup=False, emoji=False, highlight=False).print(drawn)
