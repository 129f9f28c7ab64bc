"""`inv` as an operator types it, against a sandbox host."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
LIMIT_SECONDS = 1200
# What stands beside the checkout, or is put there by tests that run meanwhile.
_NOT_OURS = (
    *(".git", ".venv", ".env.*", ".sandbox", ".*_cache", "__pycache__", "node_modules"),
    "spectra",
)
INV = Path(sys.executable).with_name("inv")


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
        done = subprocess.run(
            self.command(*words),
            cwd=self.root,
            env=self.environment(**settings),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=LIMIT_SECONDS,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return Outcome(done.returncode, done.stdout, done.stderr)

    def ok(self, *words: str, **settings: str) -> Outcome:
        """Run a task that has to succeed."""
        outcome = self(*words, **settings)
        assert outcome.status == 0, outcome.output + outcome.errors
        return outcome

    def fails(self, *words: str, **settings: str) -> str:
        """Run a task that has to fail, and return the sentence that it ends with."""
        outcome = self(*words, **settings)
        assert outcome.status == 1, outcome.output + outcome.errors
        return outcome.errors.removeprefix("✗ ").strip()

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
            # As from a terminal: what a task has started gets it as well.
            start_new_session=True,
        )

    def in_copy(self, folder: Path) -> "Inv":
        """Return the same of a copy of this checkout, in which a test changes what it likes."""
        shutil.copytree(self.root, folder, ignore=shutil.ignore_patterns(*_NOT_OURS))
        shutil.copy2(self.root / f".env.{self.lab}", folder)
        return Inv(self.lab, folder)

    def command(self, *words: str) -> list[str]:
        """Return the command line of a task."""
        return [str(INV), *words]

    def environment(self, **settings: str) -> dict[str, str]:
        """Return the environment of a task: nothing of the machine's own SSH agent."""
        kept = {key: value for key, value in os.environ.items() if key != "SSH_AUTH_SOCK"}
        return {**kept, "LAB": self.lab, **settings}
