"""What all tests begin with: the packages of hub and lab as in their images, and Ctrl-C."""

import signal
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "compose/hub"), str(ROOT / "lab-image/files/usr/local/lib/lab")]

# Who runs the tests in the background may have let them, and all that they start, ignore it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
