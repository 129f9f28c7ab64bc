"""Commands, uploads and changes as data, and their one rendering to a shell script.

Only this room quotes what a host's shell is to run: no other makes a command line of a value.
"""

import shlex
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import PurePosixPath

REDACTED = "[REDACTED]"


@dataclass(frozen=True)
class Secret:
    """A value that is never printed and never part of an argv."""

    value: str = field(repr=False)

    def __str__(self) -> str:
        return REDACTED


@dataclass(frozen=True)
class Command:
    """One program to run on the host, with what it reads on standard input."""

    argv: tuple[str, ...]
    stdin: str | Secret | None = None
    cwd: str | None = None

    def __str__(self) -> str:
        fed = "" if self.stdin is None else " < …"
        place = f"(in {self.cwd}) " if self.cwd else ""
        return f"{place}{shlex.join(self.argv)}{fed}"


@dataclass(frozen=True)
class Shell:
    """A constant piece of shell for what no single program does; values come in as `$1`, `$2`, …

    `what` stands for it where a command line would stand.
    """

    what: str
    script: str
    args: tuple[str, ...] = ()
    stdin: Secret | None = None

    def __str__(self) -> str:
        return self.what


@dataclass(frozen=True)
class Upload:
    """A text file on the host, written beside its place and renamed into it."""

    path: str
    content: str | Secret
    mode: str = "0644"
    owner: str = "root:root"

    def __str__(self) -> str:
        return f"write {self.path} ({self.mode}, {self.owner})"


@dataclass(frozen=True)
class Hold:
    """A lock that the session waits for, and has until its end, alone or shared with others."""

    lock: str
    is_shared: bool = False

    def __str__(self) -> str:
        return f"flock {'--shared ' if self.is_shared else ''}{self.lock}"


@dataclass(frozen=True)
class Here:
    """What the operator's machine does while the host waits for it, under the session's locks.

    `do` gets what shows a line of progress, and returns a remark for the audit log.

    :raises OvertakenError: by `do`, where the plan is to be made anew.
    """

    what: str
    do: Callable[[Callable[[str], None]], str]

    def __str__(self) -> str:
        return f"{self.what}, from this machine"


Step = Command | Shell | Upload | Hold | Here


@dataclass(frozen=True)
class Change:
    """One sentence *why*, and the steps that make it true."""

    why: str
    steps: tuple[Step, ...]


Plan = tuple[Change, ...]


def run(*argv: str, stdin: str | Secret | None = None, cwd: str | None = None) -> Command:
    """Write a `Command` as it would be typed."""
    return Command(argv, stdin, cwd)


def render_step(step: Step) -> str:
    """Render a step to one shell command whose exit status is that of the step."""
    match step:
        case Upload():
            return _render_upload(step)
        case Hold():
            return shlex.join(["hold", step.lock, "--shared" if step.is_shared else "--exclusive"])
        case Here():
            return "here"
        case Shell():
            line = shlex.join(["bash", "-euo", "pipefail", "-c", step.script, "step", *step.args])
            return _fed(line, step.stdin)
        case Command():
            line = _fed(shlex.join(step.argv), step.stdin)
            return f"( cd {shlex.quote(step.cwd)} && {line} )" if step.cwd else line


def _fed(line: str, stdin: str | Secret | None) -> str:
    # printf is a builtin: what it prints is in no argv. A step without input of its own must not
    # read the rest of the script, which is on the session's standard input.
    if stdin is None:
        return f"{line} </dev/null"
    return f"printf %s {shlex.quote(_reveal(stdin))} | {line}"


def _render_upload(upload: Upload) -> str:
    path = PurePosixPath(upload.path)
    beside = str(path.with_name(f".{path.name}.new"))
    owner, _, group = upload.owner.partition(":")
    install = ["install", "-m", upload.mode, "-o", owner, "-g", group, "/dev/stdin", beside]
    return " && ".join(
        [
            shlex.join(["mkdir", "-p", str(path.parent)]),
            _fed(shlex.join(install), upload.content),
            # The data before the name: a power cut between the two leaves the old file.
            shlex.join(["sync", beside]),
            shlex.join(["mv", "-fT", beside, upload.path]),
        ]
    )


def _reveal(value: str | Secret) -> str:
    return value.value if isinstance(value, Secret) else value


def secrets_of(plan: Iterable[Change]) -> tuple[str, ...]:
    """Return the secret values in a plan, to be struck out of everything that a host prints."""
    found = []
    for change in plan:
        for step in change.steps:
            value = step.content if isinstance(step, Upload) else getattr(step, "stdin", None)
            if isinstance(value, Secret) and value.value:
                found.append(value.value)
    return tuple(found)


def redact(text: str, secrets: Iterable[str]) -> str:
    """Strike every secret out of a text."""
    for secret in secrets:
        text = text.replace(secret, REDACTED)
    return text
