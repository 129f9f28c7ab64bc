"""What is shown while something lasts: the running change, bytes on their way, who is met."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ops.console import say
from ops.remote.command import Plan
from ops.remote.framing import Done, Event, Printed, Started, Waiting


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


def notify_waiting(event: Event) -> None:
    """Say who is waited for."""
    if isinstance(event, Waiting):
        say(_waiting(event.holder))


def _waiting(holder: str) -> str:
    return f"… somebody else changes this host: {holder}"


class ChangeProgress:
    """Show each change of a plan while it runs, with the last line that it printed."""

    def __init__(self, plan: Plan) -> None:
        from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        self._plan = plan
        sentence, line = (
            TextColumn(f"{{task.{field}}}", markup=False)
            for field in ("description", "fields[line]")
        )
        # Where nobody watches, only what is done is printed.
        self._bar = Progress(
            *(SpinnerColumn(), sentence, TimeElapsedColumn(), line),
            transient=True,
            disable=not sys.stdout.isatty(),
        )
        self._task = self._bar.add_task("", total=None, line="")
        self._began = 0.0

    def __call__(self, event: Event) -> None:
        """Take one event of the session."""
        match event:
            case Started(number):
                self._began = time.monotonic()
                sentence = f"{number + 1}/{len(self._plan)} {self._plan[number].why}"
                self._bar.reset(self._task, description=sentence, line="")
            case Printed(line):
                room = max(self._bar.console.width - len(self._sentence) - 14, 10)
                self._bar.update(self._task, line=line.strip()[:room])
            case Done(number):
                seconds = time.monotonic() - self._began
                self._say(f"✓ {self._plan[number].why}  {seconds:.1f} s")
            case Waiting(holder):
                self._say(_waiting(holder))

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


@contextmanager
def layers(title: str) -> Iterator[Callable[[str, int, int], None]]:
    """Show a bar for the bytes of all layers together; yield what takes each layer's state."""
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    state: dict[str, tuple[int, int]] = {}
    began = time.monotonic()
    is_watched = sys.stdout.isatty()
    with Progress(*columns, TransferSpeedColumn(), transient=True, disable=not is_watched) as bar:
        task = bar.add_task(title, total=None)

        def show(layer: str, current: int, total: int) -> None:
            state[layer] = (min(current, total), total)
            done, wanted = (sum(numbers) for numbers in zip(*state.values(), strict=True))
            bar.update(task, completed=done, total=wanted)

        yield show
    sent = sum(total for _, total in state.values())
    say(f"✓ {title}  {sent / 1e6:.0f} MB new  {time.monotonic() - began:.1f} s")
