"""Whom a task asks before it does what cannot be taken back."""

import io
import signal
import sys
import time

import pytest
from invoke import Exit

from ops import console
from ops.errors import UsageError


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("answer", ["y\n", "YES\n", " yes \n"])
def test_yes_is_yes(
    answer: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal(answer))
    console.confirm("Remove alice?")
    assert "Remove alice?" in capsys.readouterr().out


@pytest.mark.parametrize("answer", ["\n", "n\n", "", "yesterday\n"])
def test_everything_else_is_no(answer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal(answer))
    with pytest.raises(UsageError, match="Nothing was changed"):
        console.confirm("Remove alice?")


def test_where_nobody_can_be_asked_the_way_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    with pytest.raises(UsageError, match="--yes"):
        console.confirm("Remove alice?")


def test_an_interrupt_while_an_object_is_cleared_away_ends_the_task(
    capsys: pytest.CaptureFixture[str],
) -> None:
    class Dying:
        def __del__(self) -> None:
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(Exit) as ended, console.errors_as_sentences():
        dying = Dying()
        del dying
        time.sleep(10)
        raise AssertionError("the task went on")
    assert ended.value.code == 130
    assert "Traceback" not in capsys.readouterr().err
