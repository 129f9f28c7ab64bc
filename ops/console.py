"""Everything that is printed: sentences, the running change, tables."""

import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from getpass import getpass
from textwrap import indent

from ops import interrupts
from ops.errors import ConnectError, OpsError
from ops.plan.command import Plan, Secret
from ops.plan.framing import Done, Event, Overtaken, Printed, Shown, Started, Waiting

NOTED_SECONDS = 30
"""How often a log file tells what a change that lasts has printed."""
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
    """End a task that fails in one sentence and exit code 1; `interrupts` has one of its own."""
    from invoke import Exit

    try:
        yield
    except OpsError as error:
        # What fails because it was interrupted has nothing to say.
        if interrupts.take_last_word():
            complain(str(error))
        raise Exit(code=1) from error


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
    Console(width=1000).print(drawn)


@contextmanager
def busy(title: str) -> Iterator[None]:
    """Say what is being done on this machine, on a terminal and while it lasts."""
    from rich.console import Console

    console = Console()
    if not console.is_terminal:
        yield
        return
    with console.status(title):
        yield


class ChangeProgress:
    """Show each change of a plan while it runs, with the last line that it printed."""

    def __init__(self, plan: Plan) -> None:
        from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        self._plan = plan
        sentence, line = (
            TextColumn(f"{{task.{field}}}", markup=False)
            for field in ("description", "fields[line]")
        )
        # Where nobody watches, what is done is printed, and now and then how far it is.
        self._bar = Progress(
            *(SpinnerColumn(), sentence, TimeElapsedColumn(), line),
            transient=True,
            disable=not sys.stdout.isatty(),
        )
        self._task = self._bar.add_task("", total=None, line="")
        self._began = self._noted = 0.0

    def __call__(self, event: Event) -> None:
        """Take one event of the session."""
        match event:
            case Started(number):
                self._began = self._noted = time.monotonic()
                sentence = f"{number + 1}/{len(self._plan)} {self._plan[number].why}"
                self._bar.reset(self._task, description=sentence, line="")
            case Printed(line) | Shown(line):
                room = max(self._bar.console.width - len(self._sentence) - 14, 10)
                self._bar.update(self._task, line=line.strip()[:room])
                self._note(line.strip())
            case Done(number, remark):
                seconds = time.monotonic() - self._began
                remarked = f"  {remark}" if remark else ""
                self._say(f"✓ {self._plan[number].why}{remarked}  {seconds:.1f} s")
            case Waiting(holder, is_own):
                own = "this task of yours, perhaps one that was lost, still works there: waiting"
                self._say(f"… {own if is_own else 'somebody else changes this host'}: {holder}")
            case Overtaken(by, is_finished):
                how = "somebody else has just changed" if is_finished else "a change broke off on"
                self._say(f"… {how} this host, so it is asked anew: {by}")

    def _note(self, line: str) -> None:
        now = time.monotonic()
        if self._bar.disable and line and now - self._noted >= NOTED_SECONDS:
            self._noted = now
            self._say(f"… {self._sentence}, for {now - self._began:.0f} s: {line}")

    @property
    def _sentence(self) -> str:
        return self._bar.tasks[0].description

    def _say(self, text: str) -> None:
        # Above the running line, and never broken at the width of the terminal.
        self._bar.console.print(text, soft_wrap=True, markup=False, highlight=False, emoji=False)

    @contextmanager
    def shown(self) -> Iterator["ChangeProgress"]:
        """Keep the line of the running change on a terminal, and take it away at the end."""
        with self._bar:
            yield self
