"""Run `inv` and interrupt it at one of the function calls that it makes; no test itself.

    python interrupting.py POINT INV WORDS…

Point 0 interrupts nothing; then standard output ends with the number of calls there were.
"""

import atexit
import os
import runpy
import signal
import sys
from types import FrameType


class Driver:
    """Count the calls from the moment when the tool has taken over Ctrl-C."""

    def __init__(self, point: int) -> None:
        self.point = point
        self.calls = 0
        self.has_begun = False

    def __call__(self, frame: FrameType, event: str, _: object) -> None:
        if not self.has_begun:
            self.has_begun = signal.getsignal(signal.SIGINT) is not signal.default_int_handler
            return
        self.calls += 1
        if self.calls == self.point:
            signal.raise_signal(signal.SIGINT)

    def tell(self) -> None:
        """Print the number of calls."""
        os.write(1, f"\n{self.calls}".encode())


driver = Driver(int(sys.argv.pop(1)))
inv = sys.argv.pop(1)
sys.argv[0] = inv
if driver.point == 0:
    atexit.register(driver.tell)
sys.settrace(driver)
runpy.run_path(inv, run_name="__main__")
