"""One virtual host at a time on a machine: frozen hosts know the port of their file server."""

import socket
from contextlib import suppress

from sandbox.patience import TASK, until
from sandbox.steps import step

NAME = "\0labhub-virtual-host"
"""An abstract socket: of all users and clones of a network one has it, and it ends with him."""
PATIENCE = 12 * TASK
"""Seconds in which another clone has run all that there is."""


def take_turn() -> socket.socket:
    """Wait until no other run has a virtual host; others wait until what is returned is closed."""
    turn = socket.socket(socket.AF_UNIX)
    if not _takes(turn):
        with step("Waiting for the end of another run with a virtual host"):
            until(lambda: _takes(turn), "No other run has a virtual host", PATIENCE, pause=1)
    return turn


def _takes(turn: socket.socket) -> bool:
    with suppress(OSError):
        turn.bind(NAME)
        return True
    return False
