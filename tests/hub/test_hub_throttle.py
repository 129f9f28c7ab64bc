"""How guessing is slowed down, and whom that leaves alone."""

import pytest
from labhub.throttle import Throttle, keys_of


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def throttle(clock: Clock) -> Throttle:
    return Throttle(clock)


def guess(throttle: Throttle, name: str, address: str = "192.0.2.1", known: bool = False) -> int:
    return throttle.take(keys_of(name, address, known))


def test_after_some_tries_there_is_one_in_so_many_seconds(throttle: Throttle, clock: Clock) -> None:
    assert [guess(throttle, "alice") for _ in range(7)] == [0, 0, 0, 0, 0, 30, 30]
    clock.now += 29
    assert guess(throttle, "alice") == 1
    clock.now += 1
    assert [guess(throttle, "alice") for _ in range(2)] == [0, 30]


def test_what_is_refused_does_not_lengthen_the_wait(throttle: Throttle, clock: Clock) -> None:
    for _ in range(1000):
        guess(throttle, "alice")
    clock.now += 30
    assert guess(throttle, "alice") == 0


def test_a_stranger_keeps_nobody_from_the_usual_browser(throttle: Throttle) -> None:
    for _ in range(100):
        guess(throttle, "alice", "198.51.100.7")
    assert guess(throttle, "alice", "192.0.2.1") > 0, "a browser that nobody knows"
    assert guess(throttle, "alice", "192.0.2.1", known=True) == 0


def test_a_lab_behind_one_address_is_not_locked_out(throttle: Throttle) -> None:
    for number in range(100):
        guess(throttle, f"guess{number}")
    assert guess(throttle, "zoe") > 0
    assert guess(throttle, "zoe", "192.0.2.2") == 0
    assert [guess(throttle, f"member{number}", known=True) for number in range(100)] == [0] * 100


def test_a_course_logs_in_for_the_first_time_with_a_mistake_each(throttle: Throttle) -> None:
    for number in range(50):
        keys = keys_of(f"student{number}", "192.0.2.1", False)
        assert throttle.take(keys) == 0, "the mistake"
        assert throttle.take(keys) == 0
        throttle.give_back(keys)


def test_a_machine_cannot_take_one_address_of_ipv6_after_the_other(throttle: Throttle) -> None:
    for number in range(100):
        guess(throttle, f"guess{number}", f"2001:db8::{number:x}")
    assert guess(throttle, "zoe", "2001:db8::ffff") > 0
    assert guess(throttle, "zoe", "2001:db8:0:1::1") == 0


def test_what_was_right_leaves_nothing_behind(throttle: Throttle) -> None:
    keys = keys_of("alice", "192.0.2.1", False)
    throttle.take(keys)
    throttle.give_back(keys)
    assert len(throttle) == 0


def test_a_new_password_begins_anew(throttle: Throttle) -> None:
    for _ in range(6):
        guess(throttle, "alice")
    throttle.clear("alice")
    assert guess(throttle, "alice") == 0


def test_the_memory_is_bounded() -> None:
    throttle = Throttle(most=50)
    for number in range(500):
        guess(throttle, "x" * number, f"192.0.2.{number % 256}")
    assert len(throttle) == 50
