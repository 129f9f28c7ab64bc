"""`inv` as an operator types it, against a sandbox host or a virtual one."""

import os
import pty
import re
import shutil
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sandbox.engine import SandboxError
from sandbox.layout import ROOT
from sandbox.patience import finish

_NOT_COPIED = (".git", ".venv", ".env*", ".sandbox", ".*_cache", "__pycache__")
INV = Path(sys.executable).with_name("inv")
SESSIONS = """\
journalctl --sync
journalctl --quiet --no-pager --identifier sudo |
  awk '/COMMAND=/ { count++ } END { print count + 0 }'
"""
"""Shell that counts on the host how often sudo has started one: each remote session is one."""


@dataclass(frozen=True)
class Outcome:
    """What a task ended with."""

    status: int
    output: str
    errors: str

    @property
    def changes(self) -> list[str]:
        """The sentences of the changes that were made, without their times."""
        return re.findall(r"^✓ (.*?)  [\d.]+ s$", self.output, re.MULTILINE)


@dataclass(frozen=True)
class Inv:
    """Run tasks for one lab: `lab` names its `.env.<lab>`, `root` is the checkout."""

    lab: str
    root: Path = ROOT

    def __call__(self, *words: str, **settings: str) -> Outcome:
        """Run a task to its end; settings are put into its environment."""
        with self.begin(*words, **settings) as running:
            output, errors = finish(running)
        if "Traceback" in errors:
            raise SandboxError(f"inv {' '.join(words)} printed a traceback: {errors}")
        return Outcome(running.returncode, output, errors)

    def begin(self, *words: str, **settings: str) -> "subprocess.Popen[str]":
        """Start a task that something is going to happen to; it prints each line at once."""
        return subprocess.Popen(
            self.command(*words),
            cwd=self.root,
            env=self.environment(**settings) | {"PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def in_copy(self, folder: Path) -> "Inv":
        """Return the same of a copy of this checkout, in which a test changes what it likes."""
        shutil.copytree(self.root, folder, ignore=shutil.ignore_patterns(*_NOT_COPIED))
        shutil.copy2(self.root / f".env.{self.lab}", folder)
        return Inv(self.lab, folder)

    def ok(self, *words: str, **settings: str) -> Outcome:
        """Run a task that has to succeed."""
        return self._ends_with(0, *words, **settings)

    def fails(self, *words: str, **settings: str) -> str:
        """Run a task that has to fail, and return the sentence that it ends with."""
        return self._ends_with(1, *words, **settings).errors.removeprefix("✗ ").strip()

    def _ends_with(self, status: int, *words: str, **settings: str) -> Outcome:
        outcome = self(*words, **settings)
        if outcome.status != status:
            said = f"{outcome.output}{outcome.errors}"
            raise SandboxError(f"inv {' '.join(words)} ended with {outcome.status}: {said}")
        return outcome

    def in_terminal(self, *words: str, typed: str = "", **settings: str) -> str:
        """Run a task on a terminal, type a password where it asks for one, return all it shows."""
        ours, theirs = pty.openpty()
        with subprocess.Popen(
            self.command(*words),
            cwd=self.root,
            env=self.environment(TERM="xterm", **settings),
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,  # getpass asks on the controlling terminal: there is none else
        ):
            os.close(theirs)
            printed = bytearray()
            with suppress(OSError):  # how Linux tells that the last writer has closed a terminal
                while data := os.read(ours, 65536):
                    printed += data
                    if typed and b"password for" in printed:
                        os.write(ours, typed.encode())
                        typed = ""
        os.close(ours)
        return printed.decode()

    def command(self, *words: str) -> list[str]:
        """Return the command line of a task."""
        return [str(INV), *words]

    def environment(self, **settings: str) -> dict[str, str]:
        """Return the environment of a task: nothing of the machine's own SSH agent."""
        kept = {key: value for key, value in os.environ.items() if key != "SSH_AUTH_SOCK"}
        return {**kept, "LAB": self.lab, **settings}
