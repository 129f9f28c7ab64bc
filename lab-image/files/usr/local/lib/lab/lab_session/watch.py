"""What works in the lab, how long the lab stays, and its end."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from .cgroup import Memory, read_memory
from .processes import Processes, below, read_processes, seconds_used

LONGEST = 30.0
"""Seconds from one look to the next, where labs stay for hours."""

WORKING = 0.05
"""Of one processor core: an idle kernel or server uses a tenth of it."""

USED = "lab_session_last_activity"
"""Jupyter Server counts every setting of such a name."""


@dataclass(frozen=True)
class Program:
    """A kernel or a terminal of the server's: what it is called, and its first process."""

    what: str
    handle: Any
    pid: int | None
    is_terminal: bool


class Watch:
    """One lab's server, looked at again and again."""

    def __init__(
        self,
        app: Any,
        read: Callable[[], Processes] = read_processes,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._app = app
        self._read = read
        self._clock = clock
        self._before: tuple[datetime, Processes] | None = None
        self.idle = timedelta(seconds=app.shutdown_no_activity_timeout)
        self.works: tuple[str, ...] = ()

    def start(self) -> None:
        """Look from now on, often enough for labs that stay for minutes only."""
        from tornado.ioloop import PeriodicCallback

        seconds = min(LONGEST, self.idle.total_seconds() / 8) if self.idle else LONGEST
        PeriodicCallback(self.look, 1000 * seconds).start()

    def look(self) -> None:
        """Find out what works; keep it and the lab up, or end the lab that was idle for long."""
        now, processes = self._clock(), self._read()
        is_first = self._before is None
        self.works = tuple(dict.fromkeys(self._working(now, processes)))
        self._before = now, processes
        if self.works:
            self.use()
        elif self.idle and not is_first and now >= self._last_use() + self.idle:
            self._app.log.info("Nothing has run for %s: the lab ends.", self.idle)
            self._app.stop()

    def use(self) -> None:
        """Take note that the lab is in use."""
        self._app.web_app.settings[USED] = self._clock()

    def status(self) -> dict[str, Any]:
        """Return what the browser shows."""
        memory: Memory = read_memory()
        busy = tuple(it.what for it in self._programs() if _is_busy(it.handle))
        works = tuple(dict.fromkeys((*busy, *self.works)))
        until = None if works or not self.idle else self._last_use() + self.idle
        return {
            "started": self._app.web_app.settings["started"].isoformat(),
            "memory": vars(memory),
            "works": works,
            "until": until and until.isoformat(),
        }

    def _working(self, now: datetime, processes: Processes) -> Iterator[str]:
        others = set(processes) - {1, os.getpid()}
        for it in self._programs():
            children = below(processes, it.pid) if it.pid else frozenset()
            tree = {*children, *((it.pid,) if it.pid else ())}
            others -= tree
            if _is_busy(it.handle):
                yield it.what
            elif (it.is_terminal and children) or self._is_working(tree, now, processes):
                # Jupyter's own time-outs ask this.
                it.handle.last_activity = now
                yield it.what if it.is_terminal else "a notebook's program runs"
        if self._is_working(others, now, processes):
            yield "a program runs in the background"

    def _is_working(self, pids: set[int], now: datetime, processes: Processes) -> bool:
        if self._before is None:
            return False
        when, before = self._before
        seconds = max(0.1, (now - when).total_seconds())
        return seconds_used(pids, processes, before) / seconds >= WORKING

    def _programs(self) -> Iterator[Program]:
        kernels = self._app.kernel_manager
        for number in list(kernels.list_kernel_ids()):
            kernel = kernels.get_kernel(number)
            pid = getattr(getattr(kernel, "provisioner", None), "pid", None)
            yield Program("a kernel is busy", kernel, pid, is_terminal=False)
        terminals = self._app.web_app.settings.get("terminal_manager")
        for name, terminal in list(getattr(terminals, "terminals", {}).items()):
            pid = getattr(getattr(terminal, "ptyproc", None), "pid", None)
            yield Program(f"a program runs in terminal {name}", terminal, pid, is_terminal=True)

    def _last_use(self) -> datetime:
        # Not Jupyter's own answer: for it, a kernel that it ends for being idle is activity.
        settings = self._app.web_app.settings
        times = [value for key, value in settings.items() if key.endswith("_last_activity")]
        times += [getattr(it.handle, "last_activity", None) for it in self._programs()]
        last: datetime = max(it for it in (settings["started"], *times) if it is not None)
        return last


def _is_busy(handle: Any) -> bool:
    return getattr(handle, "execution_state", None) == "busy"
