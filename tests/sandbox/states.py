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
from sandbox.inv import Inv, Outcome
from sandbox.running import Sandbox
from tests.sample import make_sample
from tests.sandbox.look import sh, until_all_healthy
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
            yield self._twice(f"The host {name}", lambda: self._fresh(name, state))
        finally:
            self._down(name)

    def made(self, state: str) -> Made:
        """Make a state, unless it is there, and tell how it was made.

        :raises AssertionError: where another process has tried in vain already.
        """
        kept, is_told = self._run / f"{state}.json", True
        with (self._run / f"{state}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not kept.exists():
                is_told = False
                kept.write_text(json.dumps(self._try_to_make(state)))
        found = json.loads(kept.read_text())
        # Why is told once, by the story that has tried.
        why = "another story tells why" if is_told else found.get("error")
        assert "url" in found, f"The state {state} could not be made: {why}"
        return Made(found["url"], Outcome(**found["outcome"]))

    def remove_hosts(self) -> None:
        """Remove the hosts of this run, frozen ones and what an interrupt has left."""
        for kept in self._run.glob("*.host"):
            down(kept.stem)

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
        host = self._fresh(_frozen(state), origin)
        make = {"deployed": self._deploy, "labs": self._push}[state]
        try:
            made = Made(host.url, make(host, Inv(host.layout.name)))
            freeze(host)
        except Exception as error:
            raise AssertionError(f"{error}\n{host.diagnose()}") from error
        return made

    def _deploy(self, host: Sandbox, inv: Inv) -> Outcome:
        outcome = inv.ok("deploy")
        # Half of what would be copied, and nothing is built of it again.
        sh(host, "docker builder prune --force")
        return outcome

    def _push(self, _: Sandbox, inv: Inv) -> Outcome:
        folder = Path(mkdtemp(dir=self._run))
        inv.ok("add-user", "--name", "alice", "--groups", "leem")
        small = small_checkout(inv, folder / "checkout")
        sample = make_sample(folder / "agfalta_tools")
        return small.ok("push", "--tag", "1.2", AGFALTA_TOOLS_SOURCE=str(sample))

    def _fresh(self, name: str, state: str | None) -> Sandbox:
        self._down(name)
        (self._run / f"{name}.host").touch()
        host = up(name, _frozen(state) if state else None)
        if state:
            until_all_healthy(host)
        return host

    def _down(self, name: str) -> None:
        down(name)
        (self._run / f"{name}.host").unlink(missing_ok=True)

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
