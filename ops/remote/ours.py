"""Our own part of a change: the host waits for it, under its locks, and hears what came of it."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from paramiko import Channel
from paramiko.ssh_exception import SSHException

from ops.errors import OvertakenError
from ops.plan.command import Here

BEAT_SECONDS = 10
"""How often the host is told that we are still there; after a minute without it we are lost."""


def do(step: Here, channel: Channel, show: Callable[[str], None]) -> None:
    """Do a step here and tell the session that waits for it."""
    try:
        with _beating(channel):
            word = f"done {' '.join(step.do(show).split())}"
    except OvertakenError as error:
        word = f"overtaken {' '.join(str(error).split())}"
    except BaseException:
        _tell(channel, "failed")
        raise
    _tell(channel, word)


def _tell(channel: Channel, word: str) -> None:
    # A connection that is lost is met where the session is read.
    with suppress(SSHException, OSError, EOFError):
        channel.sendall(f"{word}\n".encode())


@contextmanager
def _beating(channel: Channel) -> Iterator[None]:
    ended = threading.Event()

    def beat() -> None:
        while not ended.wait(BEAT_SECONDS):
            _tell(channel, ".")

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        # Before the last word: nothing may come between its letters.
        thread.join()
