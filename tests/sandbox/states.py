"""The states that stories begin from, each made once a run: whoever needs one first makes it.

``deployed``  what `inv deploy` makes of a bare host
``labs``      the same with agfalta_tools 1.2 in its registry, in a small lab image, and with alice
"""

import fcntl
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import TypeVar

from sandbox.frozen import freeze
from sandbox.host import down, up
from sandbox.running import Sandbox
from tests.sample import make_sample
from tests.sandbox.inv import Inv, Outcome
from tests.sandbox.look import until_all_healthy
from tests.sandbox.small import small_checkout

T = TypeVar("T")
BUILT_ON = {"deployed": None, "labs": "deployed"}


@dataclass(frozen=True)
class Made:
    """How a state was made: the address of the host that it was made on, and what a task said."""

    url: str
    outcome: Outcome


class States:
    """The frozen hosts of one run; `run` is a folder that all its processes share."""

    def __init__(self, run: Path) -> None:
        self._run = run

    @contextmanager
    def host(self, name: str, state: str | None = None) -> Iterator[Sandbox]:
        """Bring a host up for one story, bare or in a state."""
        if state:
            self.made(state)
        try:
            yield self._twice(f"The host {name}", lambda: _fresh(name, state))
        finally:
            down(name)

    def made(self, state: str) -> Made:
        """Make a state, unless it is there, and tell how it was made.

        :raises AssertionError: where another process has tried in vain already.
        """
        kept = self._run / f"{state}.json"
        with (self._run / f"{state}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not kept.exists():
                kept.write_text(json.dumps(self._try_to_make(state)))
        found = json.loads(kept.read_text())
        assert "url" in found, f"The state {state} could not be made: {found['error']}"
        return Made(found["url"], Outcome(**found["outcome"]))

    def forget(self) -> None:
        """Remove all that is frozen."""
        for state in BUILT_ON:
            down(_frozen(state))

    @property
    def remarks(self) -> str:
        """Return what had to be made once more."""
        path = self._run / "remarks"
        return path.read_text() if path.exists() else ""

    def _try_to_make(self, state: str) -> dict[str, object]:
        try:
            return asdict(self._twice(f"The state {state}", lambda: self._make(state)))
        except Exception as error:
            # Who waits for it is told, and does not try for as long again.
            return {"error": str(error)}

    def _make(self, state: str) -> Made:
        origin = BUILT_ON[state]
        if origin:
            self.made(origin)
        host = _fresh(_frozen(state), origin)
        make = {"deployed": self._deploy, "labs": self._push}[state]
        made = Made(host.url, make(Inv(host.layout.name)))
        freeze(host)
        return made

    def _deploy(self, inv: Inv) -> Outcome:
        return inv.ok("deploy")

    def _push(self, inv: Inv) -> Outcome:
        folder = Path(mkdtemp(dir=self._run))
        inv.ok("add-user", "--name", "alice", "--groups", "leem")
        small = small_checkout(inv, folder / "checkout")
        sample = make_sample(folder / "agfalta_tools")
        return small.ok("push", "--tag", "1.2", AGFALTA_TOOLS_SOURCE=str(sample))

    def _twice(self, what: str, make: Callable[[], T]) -> T:
        """Make something; where that fails once more, from nothing, and say so."""
        try:
            return make()
        except Exception as error:
            with (self._run / "remarks").open("a") as remarks:
                remarks.write(f"{what} was made once more, because: {error}\n")
            return make()


def _frozen(state: str) -> str:
    return f"t-{state}"


def _fresh(name: str, state: str | None) -> Sandbox:
    down(name)
    host = up(name, _frozen(state) if state else None)
    if state:
        until_all_healthy(host)
    return host
