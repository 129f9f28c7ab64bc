"""Ctrl-C, from the first line of `tasks.py` to the end of the process: one sentence, exit code 130.

The first one is raised where the task stands, so that all is cleaned up on the way out; a second
one waits for nothing. Whatever becomes of the exception, the process ends in `leave`.
"""

import atexit
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType, TracebackType

STATUS = 130
AGAIN_SECONDS = 0.01
_SENTENCE = "✗ Interrupted. What was done stays; run the task again to finish it."
_SHOW_CURSOR = b"\x1b[?25h"


class Interrupted(KeyboardInterrupt):
    """Unwind the task; when this is lost on the way, it is raised again."""

    # Python forgets what is raised in a destructor or in a callback, and a library's bare `except`
    # takes everything: it is gone then, while an exception that unwinds a task is kept by Python.
    def __del__(self) -> None:
        if not _process.is_over:
            signal.setitimer(signal.ITIMER_REAL, AGAIN_SECONDS)


class _Process:
    """What is known of the end of this process; there is one, as there is one Ctrl-C."""

    is_interrupted = False
    is_over = False
    """The last sentence is being said: nothing is to follow it, or to come between."""

    def on_interrupt(self, _: int, frame: FrameType | None) -> None:
        if self.is_over:
            return
        if self.is_interrupted:
            self.leave()
        self.is_interrupted = True
        raise Interrupted

    def on_alarm(self, _: int, frame: FrameType | None) -> None:
        if not self.is_over:
            raise Interrupted

    def at_exit(self) -> None:
        if self.is_interrupted:
            self.leave()
        # All is done and said. Python would soon let an interrupt kill the process as it stands.
        signal.signal(signal.SIGINT, signal.SIG_IGN)

    def leave(self) -> None:
        self.is_over = True
        with suppress(OSError):
            # Not by print: this may have interrupted one.
            os.write(2, f"{_red(_SENTENCE)}\n".encode())
            if os.isatty(1):
                os.write(1, _SHOW_CURSOR)
        os._exit(STATUS)


_process = _Process()


def install() -> None:
    """Take Ctrl-C over from Python, unless it is ignored here, as behind `&` in a script."""
    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        return
    # Twice: the first may be what an interrupt hits, and then Python goes on with the next.
    for _ in range(2):
        atexit.register(_process.at_exit)
    sys.excepthook, sys.unraisablehook = _uncaught, _unraisable
    signal.signal(signal.SIGALRM, _process.on_alarm)
    signal.signal(signal.SIGINT, _process.on_interrupt)


@contextmanager
def held_back() -> Iterator[None]:
    """Let an interrupt wait for the end of the block: what is begun in it is known then, and ended.

    A program that an interrupt hits while Python starts it would be nobody's.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    waiting: list[tuple[int, FrameType | None]] = []
    before = signal.signal(signal.SIGINT, lambda *interrupt: waiting.append(interrupt))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        if waiting and callable(before):
            before(*waiting[0])


def take_last_word() -> bool:
    """Let a task's error be its last sentence; False where an interrupt has come first."""
    if _process.is_interrupted:
        return False
    _process.is_over = True
    return True


def _uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if not _process.is_interrupted:
        sys.__excepthook__(kind, error, trace)


def _unraisable(lost: "sys.UnraisableHookArgs") -> None:
    if not issubclass(lost.exc_type, Interrupted):
        sys.__unraisablehook__(lost)


def _red(text: str) -> str:
    return f"\x1b[31m{text}\x1b[0m" if os.isatty(2) else text
