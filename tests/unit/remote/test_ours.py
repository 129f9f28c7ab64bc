"""Our own part of a change: the host hears that we are there, and at last what came of it."""

import socket
from collections.abc import Callable
from typing import cast

import pytest
from paramiko import Channel

from ops.errors import OperationError, OvertakenError
from ops.plan.command import Here
from ops.remote import ours
from sandbox.patience import SILENCE


class Wire:
    """A host's end of a session, and what is done at ours."""

    def __init__(self) -> None:
        self.here, self.there = socket.socketpair()
        self.there.settimeout(SILENCE)

    def do(self, do: Callable[[Callable[[str], None]], str]) -> None:
        ours.do(Here("x", do), cast(Channel, self.here), lambda _: None)

    def heard(self) -> str:
        self.here.close()
        with self.there, self.there.makefile() as file:
            return file.read()


def test_a_remark_is_one_line() -> None:
    wire = Wire()
    wire.do(lambda _: " as\n sha256:1 ")
    assert wire.heard() == "done as sha256:1\n"


def fails(error: BaseException) -> Callable[[object], str]:
    def do(_: object) -> str:
        raise error

    return do


def test_a_plan_that_is_overtaken_is_told() -> None:
    wire = Wire()
    wire.do(fails(OvertakenError("another push was quicker")))
    assert wire.heard() == "overtaken another push was quicker\n"


@pytest.mark.parametrize("error", [OperationError("no"), KeyboardInterrupt(), OSError("gone")])
def test_what_fails_here_is_told_and_raised(error: BaseException) -> None:
    wire = Wire()
    with pytest.raises(type(error)):
        wire.do(fails(error))
    assert wire.heard() == "failed\n"


def test_the_host_hears_that_we_are_still_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ours, "BEAT_SECONDS", 0.001)
    wire = Wire()

    def waits(_: object) -> str:
        assert wire.there.recv(2) == b".\n"
        return ""

    wire.do(waits)
    *beats, last = wire.heard().splitlines()
    assert set(beats) <= {"."} and last.split() == ["done"], "nothing comes after the last word"


def test_a_connection_that_is_lost_is_met_where_the_session_is_read() -> None:
    wire = Wire()
    wire.there.close()
    wire.do(lambda _: "")
    wire.here.close()
