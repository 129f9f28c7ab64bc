"""Progress lines like the scripts': what is being done, and how long it took."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def step(title: str) -> Iterator[None]:
    """Show a line while the block runs."""
    started = time.monotonic()
    print(f"▸ {title} … ", end="", file=sys.stderr, flush=True)
    outcome = "failed after "
    try:
        yield
        outcome = ""
    finally:
        print(f"{outcome}{time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)
