"""Everything that is printed: sentences, the running change, tables."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from getpass import getpass

from ops.command import Plan, Secret
from ops.errors import ConnectError, OpsError
from ops.framing import Done, Event, Printed, Started, Waiting

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

    try:
        yield
    except OpsError as error:
        complain(str(error))
        raise Exit(code=1) from error
    except KeyboardInterrupt as error:
        complain("Interrupted. What was done stays; run the task again to finish it.")
        raise Exit(code=130) from error


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
            say(f"       {step}", "dim")


class ChangeProgress:
    """Show each change of a plan while it runs, with the last line that it printed."""

    def __init__(self, plan: Plan) -> None:
        from rich.console import Console
        from rich.status import Status

        self._plan = plan
        self._console = Console(highlight=False, emoji=False, markup=False)
        self._status = Status("", console=self._console)
        self._began = 0.0
        self._sentence = ""

    def __call__(self, event: Event) -> None:
        """Take one event of the session."""
        match event:
            case Started(number):
                self._began = time.monotonic()
                self._sentence = f"{number + 1}/{len(self._plan)} {self._plan[number].why}"
                self._status.update(self._sentence)
            case Printed(line):
                room = max(self._console.width - len(self._sentence) - 8, 10)
                self._status.update(f"{self._sentence}  {line.strip()[:room]}")
            case Done(number):
                seconds = time.monotonic() - self._began
                self._console.print(f"✓ {self._plan[number].why}  {seconds:.1f} s", soft_wrap=True)
            case Waiting(holder):
                self._console.print(f"… somebody else changes this host: {holder}", soft_wrap=True)

    @contextmanager
    def shown(self) -> Iterator["ChangeProgress"]:
        """Keep the line of the running change on a terminal, and take it away at the end."""
        with self._status:
            yield self


@contextmanager
def layers(title: str) -> Iterator[Callable[[str, int, int], None]]:
    """Show a bar for the bytes of all layers together; yield what takes each layer's state."""
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    state: dict[str, tuple[int, int]] = {}
    began = time.monotonic()
    with Progress(*columns, TransferSpeedColumn(), transient=True) as bar:
        task = bar.add_task(title, total=None)

        def show(layer: str, current: int, total: int) -> None:
            state[layer] = (min(current, total), total)
            done, wanted = (sum(numbers) for numbers in zip(*state.values(), strict=True))
            bar.update(task, completed=done, total=wanted)

        yield show
    sent = sum(total for _, total in state.values())
    say(f"✓ {title}  {sent / 1e6:.0f} MB new  {time.monotonic() - began:.1f} s")
