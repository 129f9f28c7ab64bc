"""Limits that end hangs: long on an idle machine, longer on a busy one, measured anew."""

import subprocess
import sys
from collections.abc import Iterator
from multiprocessing import Process
from os import cpu_count

import pytest

from ops.errors import OpsError
from sandbox import patience
from sandbox.patience import Patience, finish, slowness, until


def spent_after(seconds: float, factors: Iterator[float]) -> bool:
    """Tell whether 10 s of patience are over after some seconds, looked at once a second."""
    now = [0.0]
    limit = Patience(10, lambda: next(factors), lambda: now[0])
    over = False
    for _ in range(int(seconds)):
        now[0] += 1.1
        over = limit.is_over()
    return over


def test_on_an_idle_machine_a_second_is_a_second() -> None:
    assert not spent_after(9, iter([1.0] * 99))
    assert spent_after(10, iter([1.0] * 99))


def test_a_machine_that_gets_busy_later_is_given_more() -> None:
    assert not spent_after(25, iter([1.0] + [5.0] * 99))
    assert spent_after(60, iter([1.0] + [5.0] * 99))


def test_one_quiet_moment_does_not_spend_the_rest() -> None:
    assert not spent_after(20, iter([5.0, 1.0] * 99))


def _spin() -> None:
    while True:
        pass


def test_other_programs_are_what_makes_a_machine_slow() -> None:
    others = [Process(target=_spin, daemon=True) for _ in range(3 * (cpu_count() or 1))]
    for other in others:
        other.start()
    try:
        assert until(lambda: slowness() > 1.5, "the machine is busy")
    finally:
        for other in others:
            other.kill()
            other.join()


def test_what_never_happens_ends_in_a_sentence() -> None:
    with pytest.raises(OpsError, match="the moon is full: not within 0 s"):
        until(lambda: False, "the moon is full", 0.01, 0.01)
    answers = iter([None, 0, "", "yes"])
    assert until(lambda: next(answers), "an answer", pause=0.01) == "yes"


def test_a_program_that_hangs_is_ended_and_what_it_printed_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(patience, "_LOOK_AGAIN", 0.05)
    script = "import time; print('begun', flush=True); time.sleep(600)"
    with subprocess.Popen(
        [sys.executable, "-c", script], text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout
        with pytest.raises(OpsError, match="hangs; it printed: begun"):
            finish(process, 2)
        assert process.returncode
    with subprocess.Popen(
        [sys.executable, "-c", "print('x' * 10**6)"], text=True, stdout=subprocess.PIPE
    ) as process:
        output, errors = finish(process)
    assert (len(output), errors) == (10**6 + 1, "")
