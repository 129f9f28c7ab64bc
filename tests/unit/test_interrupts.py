"""A Ctrl-C at any moment of a task ends it, in one sentence and with exit code 130."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sandbox.patience import SILENCE

ROOT = Path(__file__).parents[2]
INV = str(Path(sys.executable).with_name("inv"))
DRIVER = str(Path(__file__).with_name("interrupting.py"))
SENTENCE = "✗ Interrupted. What was done stays; run the task again to finish it.\n"
Ended = subprocess.CompletedProcess[str]


@pytest.fixture
def port() -> Iterator[int]:
    """A port of this machine that is not listened at, and is nobody else's."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


def environment(port: int) -> dict[str, str]:
    return {**os.environ, "LAB_HOST": "127.0.0.1", "LAB_PORT": str(port), "LAB_USER": "x"}


def python(*words: str, port: int = 1) -> Ended:
    return subprocess.run(
        [sys.executable, *words],
        cwd=ROOT,
        env=environment(port),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SILENCE,
    )


@pytest.mark.parametrize(
    ("words", "count", "error"),
    [(("--list",), 5, ""), (("deploy",), 16, "refused the connection")],
    ids=["success", "failure"],
)
def test_an_interrupt_anywhere_is_one_sentence(
    words: tuple[str, ...], count: int, error: str, port: int
) -> None:
    whole = python(DRIVER, "0", INV, *words, port=port)
    assert error in whole.stderr
    calls = int(whole.stdout.splitlines()[-1])
    points = [1 + calls * number // count for number in range(count)] + [calls]

    def interrupted(point: int) -> Ended:
        return python(DRIVER, str(point), INV, *words, port=port)

    with ThreadPoolExecutor(2) as pool:
        for point, ended in zip(points, pool.map(interrupted, points), strict=True):
            # Once an error is said, or Python has ended all but itself, it ends as it would have.
            is_same = (ended.returncode, ended.stderr) == (whole.returncode, whole.stderr)
            is_over = is_same and (error or point == calls)
            is_said = ended.stderr == SENTENCE and ended.returncode == 130
            assert is_said or is_over, f"{point} of {calls}: {ended}"


def test_an_interrupt_while_the_host_is_silent_is_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        task = subprocess.Popen(
            [INV, "deploy"],
            cwd=ROOT,
            env=environment(silent.getsockname()[1]),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        silent.settimeout(SILENCE)
        connection, _ = silent.accept()
        with connection:
            task.send_signal(signal.SIGINT)
            assert task.communicate(timeout=SILENCE) == ("", SENTENCE)
    assert task.returncode == 130


HEAD = """
import atexit, os, signal, sys, threading, weakref
from ops import interrupts
from ops.console import errors_as_sentences
from ops.errors import OpsError
interrupts.install()
kill = threading.Thread(target=os.kill, args=(os.getpid(), signal.SIGINT))
def interrupt(*_): signal.raise_signal(signal.SIGINT)
def go_on():
    while True: signal.pause()
class Thing: pass
class Destroyed:
    def __del__(self): interrupt()
"""


@pytest.mark.parametrize(
    "script",
    [
        "interrupt()",
        "Destroyed(); go_on()",
        "thing = Thing(); watch = weakref.ref(thing, interrupt); del thing; go_on()",
        "try: interrupt()\nexcept: pass\ngo_on()",
        "atexit.register(interrupt)",
        "kill.start(); go_on()",
        "try: interrupt()\nfinally: raise ValueError",
        "with errors_as_sentences():\n  try: interrupt()\n  finally: raise OpsError('broken')",
    ],
)
def test_an_interrupt_is_not_lost_and_not_said_twice(script: str) -> None:
    ended = python("-c", HEAD + script)
    assert (ended.returncode, ended.stdout, ended.stderr) == (130, "", SENTENCE)


def test_the_first_interrupt_leaves_time_to_clean_up_and_the_second_one_none() -> None:
    cleaning = "try: interrupt()\nfinally: print('cleaned', flush=True)"
    assert python("-c", HEAD + cleaning).stdout == "cleaned\n"
    hanging = "try: interrupt()\nfinally:\n  kill.start(); go_on()"
    ended = python("-c", HEAD + hanging)
    assert (ended.returncode, ended.stderr) == (130, SENTENCE)


def test_an_error_that_is_being_said_is_the_only_sentence() -> None:
    script = (
        "class Stderr:\n"
        "  def write(self, text): interrupt(); os.write(2, text.encode())\n"
        "  def flush(self): interrupt()\n"
        "  def isatty(self): return False\n"
        "sys.stderr = Stderr()\n"
        "with errors_as_sentences(): raise OpsError('it is broken')"
    )
    ended = python(
        "-c",
        HEAD
        + f"from invoke import Exit\ntry:\n  exec({script!r})\nexcept Exit as e: sys.exit(e.code)",
    )
    assert (ended.returncode, ended.stderr) == (1, "✗ it is broken\n")


def test_an_interrupt_that_is_ignored_by_the_caller_stays_ignored() -> None:
    inherited = "import signal, os, sys; signal.signal(signal.SIGINT, signal.SIG_IGN);"
    script = inherited + "os.execv(sys.executable, [sys.executable, '-c', sys.argv[1]])"
    ended = python("-c", script, HEAD + "interrupt(); print('done')")
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "done\n", "")


@pytest.mark.parametrize("handler", ["", "interrupts.install(); "])
def test_an_interrupt_waits_for_what_is_begun(handler: str) -> None:
    script = """
with interrupts.held_back():
    interrupt()
    print("begun", flush=True)
print("never")
"""
    ended = python("-c", HEAD.replace("interrupts.install()\n", handler + "\n") + script)
    assert ended.stdout == "begun\n"
