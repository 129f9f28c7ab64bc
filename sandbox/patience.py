"""How long something is waited for: a limit ends a hang and judges nothing, so it is generous.

All limits of `sandbox/` and `tests/` are in seconds of an idle machine, at least five times what
one takes. A busy machine is given more, as busy as it is while it is waited for.
"""

import subprocess
import time
from collections.abc import Callable
from typing import TypeVar

from ops.errors import OpsError

T = TypeVar("T")

TASK = 1200.0
"""A whole `inv` task; the longest builds the lab image from nothing."""
BOOT = 300.0
"""A host that starts until its operator can log in."""
LAB = 300.0
"""A lab from the button to the first answer, or from the cell to its last output."""
SERVICE = 300.0
"""A service of a host until it answers, is healthy, or is gone."""
ANSWER = 120.0
"""One answer of a service that runs."""
SILENCE = 300.0
"""What a library is given as its own time-out, which nothing stretches, for one answer."""

_SPIN = 0.02
_LOOK_AGAIN = 1.0
_MEASURE_AGAIN = 4.0
_LIMIT = 12.0


def slowness() -> float:
    """Measure how many times longer than on an idle machine the processor is had now; at least 1.

    A little work is done, by the clock of this thread and by that of the wall.
    """
    wall, own = time.monotonic(), time.thread_time()
    while time.thread_time() - own < _SPIN:
        pass
    return min(max((time.monotonic() - wall) / _SPIN, 1.0), _LIMIT)


class Patience:
    """A limit that is spent as fast as the machine works: measured anew while it lasts."""

    def __init__(
        self,
        seconds: float,
        measure: Callable[[], float] = slowness,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.seconds = seconds
        self._measure, self._clock = measure, clock
        self._spent = 0.0
        self._seen = clock()
        self._since_measured = 0.0
        self._factor = measure()

    def is_over(self) -> bool:
        """Tell whether all of it is spent."""
        gone = self._clock() - self._seen
        # One look that hung says little of what is waited for.
        self._spent += min(gone, _LOOK_AGAIN * 10) / self._factor
        self._seen += gone
        self._since_measured += gone
        # Not at each look: what waits would keep the machine busy itself.
        if self._since_measured > _MEASURE_AGAIN:
            self._since_measured = 0.0
            # A busy neighbour has pauses: one look that met none must not spend the rest.
            self._factor = max(self._measure(), 1 + (self._factor - 1) * 0.7)
        return self._spent > self.seconds


def until(
    is_done: Callable[[], T],
    what: str,
    seconds: float = SERVICE,
    pause: float = 0.2,
) -> T:
    """Ask until the answer is true, and return it.

    :raises OpsError: when the patience for it is over; `what` is said in it.
    """
    patience: Patience | None = None
    while not (answer := is_done()):
        # To measure takes a moment: who need not wait need not know how busy the machine is.
        patience = patience or Patience(seconds)
        if patience.is_over():
            raise OpsError(f"{what}: not within {seconds:.0f} s of an idle machine")
        time.sleep(pause)
    return answer


def finish(process: "subprocess.Popen[str]", seconds: float = TASK) -> tuple[str, str]:
    """Wait for a program's end and return what it printed, on standard output and error.

    :raises OpsError: when it hangs, with what it printed; it is ended then.
    """
    patience = Patience(seconds)
    while True:
        try:
            output, errors = process.communicate(timeout=_LOOK_AGAIN)
        except subprocess.TimeoutExpired:
            if not patience.is_over():
                continue
            process.kill()
            output, errors = process.communicate()
            said = f"{output or ''}{errors or ''}"
            raise OpsError(f"{process.args!r} hangs; it printed: {said}") from None
        return output or "", errors or ""
