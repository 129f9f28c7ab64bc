"""What all tasks begin and end with."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from invoke import Context, Exit

from ops.console import errors_as_sentences

if TYPE_CHECKING:
    from ops.lab import Lab

ROOT = Path(__file__).parents[2]
WAIT = "wait in line when another operator is changing the host"


@contextmanager
def opened(context: Context) -> Iterator["Lab"]:
    """Read the lab that `LAB` names; whatever goes wrong ends in one sentence."""
    try:
        with errors_as_sentences():
            # Here, so that an interruption while it is read is a sentence as well.
            from ops.lab import Lab

            yield Lab(ROOT, dry=context.config.run.dry)
    finally:
        # The process ends now. Without this Python first looks through all modules for garbage
        # cycles, which takes longer (60 ms) than most of what a task asks of a host.
        gc.freeze()


def end_with(status: int) -> None:
    """End the process with an exit code that says how it went."""
    if status:
        raise Exit(code=status)
