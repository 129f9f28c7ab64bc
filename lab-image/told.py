"""How the build of a lab image tells why it ends: a cause, then one sentence with the next step."""

import subprocess  # noqa: TID251 (runs in the image, not on the laptop)
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager


class RefusedError(Exception):
    """What cannot be built, in one sentence; `cause` is what a program printed of it."""

    def __init__(self, sentence: str, cause: Sequence[str] = ()) -> None:
        super().__init__(sentence)
        self.cause = cause


@contextmanager
def sentences() -> Iterator[None]:
    """End with status 1 and, last, the sentence that `inv push` looks for."""
    try:
        yield
    except RefusedError as refusal:
        sys.stderr.write("".join(f"{line}\n" for line in refusal.cause))
        sys.stderr.write(f"BUILD: {' '.join(str(refusal).split())}\n")
        sys.exit(1)


def run_told(argv: Sequence[str]) -> "subprocess.CompletedProcess[str]":
    """Run a program, and return what it printed on both outputs, in its order."""
    return subprocess.run(
        argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    )
