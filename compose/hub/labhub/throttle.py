"""Slow down whoever guesses passwords, by name and by address, without locking out the others.

A login takes a token out of a bucket for each of its keys, and gives it back when it succeeds.
Buckets fill again with time. Who finds one empty is told how long to wait; nobody is kept waiting.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from math import ceil

MOST_KEYS = 10_000
"""Buckets that are remembered. A guesser who fills them all has made some 100,000 tries."""

LONGEST_NAME = 40
"""Characters of a name that count: no member's is longer."""


@dataclass(frozen=True)
class Key:
    """What a bucket is for: so many tries at once, then one in so many seconds."""

    name: str
    tries: int
    seconds: float


def keys_of(name: str, address: str, is_known: bool) -> tuple[Key, ...]:
    """Return the buckets of a login.

    A browser in which this member has logged in before has one of its own: a stranger who uses up
    those of the name or of a whole lab's address keeps nobody from the usual browser.
    """
    name = name[:LONGEST_NAME]
    if is_known:
        return (Key(f"known {name}", 10, 20),)
    # Behind one address may be a whole course that logs in for the first time.
    return Key(f"name {name}", 5, 30), Key(f"from {_network(address)}", 60, 5)


def _network(address: str) -> str:
    """Return the part of an address that one machine cannot change by itself."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    return str(int(found) >> 64) if isinstance(found, IPv6Address) else address


class Throttle:
    """The buckets, in memory: a restarted hub begins anew."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, most: int = MOST_KEYS) -> None:
        self._clock = clock
        self._most = most
        # By name: how many tries were made, less those forgiven since, and when that was so.
        self._used: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, keys: Sequence[Key]) -> int:
        """Take a try; return 0, or the seconds to wait where there is none left.

        It is taken before the password is looked at, so that tries at the same time count too.
        """
        wait = max(0, *(ceil(self._wait(key)) for key in keys))
        if not wait:
            for key in keys:
                self._put(key, self._level(key) + 1)
        return wait

    def give_back(self, keys: Sequence[Key]) -> None:
        """Take no account of a try, as it was right."""
        for key in keys:
            self._put(key, self._level(key) - 1)

    def clear(self, name: str) -> None:
        """Forget what was tried with a name, as it has a new password."""
        for key in (*keys_of(name, "", False)[:1], *keys_of(name, "", True)):
            self._used.pop(key.name, None)

    def __len__(self) -> int:
        """Return how many buckets are remembered."""
        return len(self._used)

    def _level(self, key: Key) -> float:
        used, since = self._used.get(key.name, (0.0, 0.0))
        return max(0.0, used - (self._clock() - since) / key.seconds)

    def _wait(self, key: Key) -> float:
        return (self._level(key) + 1 - key.tries) * key.seconds

    def _put(self, key: Key, level: float) -> None:
        self._used.pop(key.name, None)
        if level <= 0:
            return
        while len(self._used) >= self._most:
            self._used.popitem(last=False)
        self._used[key.name] = level, self._clock()
