"""How the build of a lab image tells why it ends: a cause, then one sentence with the next step."""

import re
import subprocess  # noqa: TID251 (runs in the image, not on the laptop)
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

# How uv and pip begin to say that what they called has failed.
_WRAPPERS = ("\N{MULTIPLICATION SIGN} ", "error: Failed", "Failed to build")
_BEGIN = "\N{BOX DRAWINGS LIGHT ARC UP AND RIGHT}\N{BOX DRAWINGS LIGHT HORIZONTAL}> ["
_END = "[end of output]"


PYTHON = f"Python {sys.version_info[0]}.{sys.version_info[1]}"
# What a build prints where something is missing, and what helps.
_HINTS = (
    (
        r"fatal error: (\S+\.h(?:pp)?): No such file",
        "the header {0} is missing: name the Debian package that has it in site/build-packages.txt",
    ),
    (
        r"(?:Dependency|Library) [\"']?([\w.+-]+)[\"']? (?:not found|found: NO)",
        "{0} is missing: name its -dev package in site/build-packages.txt",
    ),
    (
        r"No module named '(?:distutils|imp|asyncore)'|'ImpImporter'|SafeConfigParser",
        f"it is older than {PYTHON}: {{older}}",
    ),
    (
        r"No module named 'pkg_resources'",
        "its build needs pkg_resources: name setuptools<81 in its pyproject.toml, under "
        "[build-system] requires",
    ),
    (
        r"ModuleNotFoundError: No module named '([\w.]+)'",
        "its build needs {0} and does not say so: name it in its pyproject.toml, under "
        "[build-system] requires",
    ),
    (
        r"error: command '([\w./+-]+)' failed: No such file",
        "its build needs the program {0}: name its Debian package in site/build-packages.txt",
    ),
)


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


def hint(printed: str) -> str:
    """Say what helps, by what a failed build printed."""
    ways = older(sys.version_info[:2])
    found = (
        said.format(*it.groups(), older=ways)
        for rx, said in _HINTS
        if (it := re.search(rx, printed))
    )
    general = f"the cause stands below. Where that is its age, {PYTHON} being too new: {ways}"
    return next(found, general)


def older(python: tuple[int, ...]) -> str:
    """Say what there is for a package that is older than its Python."""
    if python < (3, 12):
        return "take a newer version of it"
    return "LAB_BASE_IMAGE=debian:bookworm-slim in .env, then  inv deploy, gives labs Python 3.11"


def backends_own(printed: str) -> list[str]:
    """Return what a build backend printed, without what the program that called it says of it."""
    lines = printed.splitlines()
    ends = [number for number, line in enumerate(lines) if _END in line]
    begins = [number for number, line in enumerate(lines) if _BEGIN in line]
    if ends and begins and begins[-1] < ends[-1]:
        return [line.strip() for line in lines[begins[-1] + 1 : ends[-1]] if line.strip()]
    wrapped = (number for number, line in enumerate(lines) if line.strip().startswith(_WRAPPERS))
    before = lines[: next(wrapped, len(lines))]
    return before or _quoted(lines)


def _quoted(lines: list[str]) -> list[str]:
    """Return what uv quotes of a backend behind its own sentence."""
    quoted = False
    found = []
    for line in map(str.strip, lines):
        if line in ("[stdout]", "[stderr]"):
            quoted = True
        elif line.startswith("hint: "):
            quoted = False
        elif quoted and line:
            found.append(line)
    return found or lines
