"""Ask, before a lab starts, whether the file server's shares are there; never wait for one long."""

import asyncio
import errno
import os
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

from .mounts import Mount

LIMIT = 8.0
"""Seconds. A person waits for the page; the kernel may wait for a silent server for a minute."""

REFUSED = (errno.EACCES, errno.EPERM)
MOUNTINFO = Path("/proc/self/mountinfo")


@dataclass(frozen=True)
class Away:
    """A mount that is not there, and why."""

    mount: Mount
    reason: str

    @property
    def sentence(self) -> str:
        """Say it to the member."""
        return f"{self.mount.name} ({self.mount.target}) is away: {self.reason}."


def problem_of(mount: Mount) -> str | None:
    """Say why a mount is away, None where it is there; may hang as long as the kernel does."""
    try:
        # It mounts what systemd has yet to mount, and asks the server, not the kernel's memory.
        os.statvfs(mount.point)
        kind = mounted_type(MOUNTINFO.read_text(), mount.point)
    except FileNotFoundError:
        return unmounted()
    except OSError as error:
        return refusal(mount, error.errno)
    # An automount that gave up leaves a file system of type autofs, empty and without an error.
    return unmounted() if kind in (None, "autofs") else None


def mounted_type(mountinfo: str, point: str) -> str | None:
    """Return the type of the file system that is mounted last at a path, None where none is."""
    found = None
    for line in mountinfo.splitlines():
        before, _, after = line.partition(" - ")
        if before.split()[4] == point:
            found = after.split()[0]
    return found


def silence(mount: Mount) -> str:
    """Give the reason of a mount whose server says nothing."""
    return f"the file server {mount.server} does not answer"


def refusal(mount: Mount, number: int | None) -> str:
    """Give the reason that an error of the kernel stands for."""
    if number in REFUSED:
        return f"the file server {mount.server} refuses it"
    # All that an automount says, whatever the reason.
    return silence(mount) + (", or refuses it" if number == errno.ENODEV else "")


def unmounted() -> str:
    """Give the reason of a mount that nobody tries to mount."""
    return "it is not mounted on the lab's server, and the operator should type inv mounts"


@dataclass(frozen=True)
class _Probe:
    started: float
    result: Future[str | None]


class Guard:
    """Probes under way, by mount: one at a time, so that a hanging server costs one thread."""

    def __init__(
        self, look: Callable[[Mount], str | None] = problem_of, limit: float = LIMIT
    ) -> None:
        self._look = look
        self._limit = limit
        self._probes: dict[str, _Probe] = {}

    async def find_away(self, mounts: Sequence[Mount]) -> tuple[Away, ...]:
        """Return which of the mounts are away; all are asked at once."""
        reasons = await asyncio.gather(*(self._ask(mount) for mount in mounts))
        return tuple(
            Away(mount, reason) for mount, reason in zip(mounts, reasons, strict=True) if reason
        )

    async def _ask(self, mount: Mount) -> str | None:
        probe = self._probes.get(mount.name)
        if probe is None or probe.result.done():
            probe = _Probe(time.monotonic(), _in_thread(lambda: self._look(mount)))
            self._probes[mount.name] = probe
        left = max(0, probe.started + self._limit - time.monotonic())
        try:
            return await asyncio.wait_for(asyncio.wrap_future(probe.result), left)
        except TimeoutError:
            return silence(mount)


def _in_thread(work: Callable[[], str | None]) -> Future[str | None]:
    """Run in a thread that the hub's end does not wait for, as it would for an executor's."""
    result: Future[str | None] = Future()
    # A waiter that gives up cannot cancel it for those who come later.
    result.set_running_or_notify_cancel()

    def run() -> None:
        try:
            result.set_result(work())
        except Exception as error:
            result.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return result
