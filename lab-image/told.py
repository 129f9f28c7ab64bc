"""How the build of a lab image tells why it ends: a cause, then one sentence with the next step."""

import subprocess  # noqa: TID251 (runs in the image, not on the laptop)
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

# How uv and pip begin to say that what they called has failed.
_WRAPPERS = ("\N{MULTIPLICATION SIGN} ", "error: Failed", "Failed to build")
_BEGIN = "\N{BOX DRAWINGS LIGHT ARC UP AND RIGHT}\N{BOX DRAWINGS LIGHT HORIZONTAL}> ["
_END = "[end of output]"


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
        # Told apart from all else that was printed.
        sys.stderr.write("".join(f"BUILD| {line}\n" for line in refusal.cause))
        sys.stderr.write(f"BUILD: {' '.join(str(refusal).split())}\n")
        sys.exit(1)


def run_told(argv: Sequence[str]) -> tuple[int, str]:
    """Run a program; print what it prints, and return it with its exit status."""
    printed = []
    with subprocess.Popen(
        argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    ) as program:
        assert program.stdout  # noqa: S101
        for line in program.stdout:
            sys.stderr.write(line)
            printed.append(line)
    return program.returncode, "".join(printed)


def backends_own(printed: str) -> list[str]:
    """Return what a build backend printed, without what the program that called it says of it."""
    lines = printed.splitlines()
    ends = [number for number, line in enumerate(lines) if _END in line]
    begins = [number for number, line in enumerate(lines) if _BEGIN in line]
    if ends and begins and begins[-1] < ends[-1]:
        return [line.strip() for line in lines[begins[-1] + 1 : ends[-1]] if line.strip()]
    wrapped = (number for number, line in enumerate(lines) if line.strip().startswith(_WRAPPERS))
    return lines[: next(wrapped, len(lines))]
