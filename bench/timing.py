"""Time commands in turn, so that a noisy machine is noisy for all of them alike."""

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Times:
    """The seconds of some runs."""

    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        """Return the run in the middle."""
        return statistics.median(self.seconds)

    def __str__(self) -> str:
        return f"{self.median:.2f} s ({min(self.seconds):.2f} to {max(self.seconds):.2f})"


def in_turn(runs: int, actions: Mapping[str, Callable[[], object]]) -> dict[str, Times]:
    """Time each action in turn, after one warm-up of each that does not count."""
    for action in actions.values():
        action()
    seconds: dict[str, list[float]] = {name: [] for name in actions}
    for _ in range(runs):
        for name, action in actions.items():
            began = time.perf_counter()
            action()
            seconds[name].append(time.perf_counter() - began)
    return {name: Times(tuple(found)) for name, found in seconds.items()}


def once(action: Callable[[], object]) -> float:
    """Return the seconds of one run."""
    began = time.perf_counter()
    action()
    return time.perf_counter() - began
