"""Cuts of the operator's connection at every step of a task, on any kind of host."""

from collections.abc import Mapping
from typing import Protocol

from tests.sandbox.inv import Inv

CUT = "pkill -KILL -u agfalta sshd-sess || true"
"""Shell that ends all connections of the operator, as a cable that is pulled does."""

MOST = 20
"""More runs than any plan has steps."""

# The holder's line is written as soon as the lock is held, before the first change.
_HOLDER = "cat /run/labhub/host.lock 2>/dev/null || true"
_IS_HELD = f"""\
for _ in $(seq 100); do
  [ "$({_HOLDER})" = "$1" ] || {{ echo held; exit; }}
  sleep 0.01
done
"""

Words = tuple[str, ...]


class Root(Protocol):
    """Run shell as root on a host, past the tool, and return what it printed."""

    def __call__(self, script: str, *args: str) -> str: ...


def cut_run(
    root: Root, inv: Inv, words: Words, settings: Mapping[str, str], after: int
) -> tuple[int, str]:
    """Run a task, and cut it after so many changes; return its exit code and its sentence."""
    before = root(_HOLDER)
    with inv.begin(*words, **settings) as task:
        assert task.stdout and task.stderr
        if after:
            done = (line for line in task.stdout if line.startswith("✓ "))
            for _ in range(after):
                next(done, "")
        else:
            while task.poll() is None and not root(_IS_HELD, before):
                pass
        root(CUT)
        task.stdout.read()
        errors = task.stderr.read()
    assert "Traceback" not in errors
    return task.returncode, errors


def cut_through(root: Root, inv: Inv, words: Words, settings: Mapping[str, str]) -> int:
    """Cut run after run, each a step later, until one comes through; return how many were cut."""
    for number in range(MOST):
        status, errors = cut_run(root, inv, (*words, "--wait"), settings, number)
        if status == 0:
            return number
        assert status == 1 and errors.startswith("✗ "), errors
        assert "run the task again" in errors.lower(), errors
    raise AssertionError(f"{words} does not end")
