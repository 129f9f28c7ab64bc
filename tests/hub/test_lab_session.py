"""What a lab's server concludes from its kernels, its terminals and the kernel's own numbers."""

import os
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from lab_session.cgroup import Memory, read_memory
from lab_session.processes import Process, below, parse_stat, read_processes, seconds_used
from lab_session.watch import USED, Watch

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
SERVER = os.getpid()
KERNEL, SHELL = 1001, 1002


def write(folder: Path, **files: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text)
    return folder


# --- memory ----------------------------------------------------------------------------------


def test_memory_of_cgroup_2(tmp_path: Path) -> None:
    write(
        tmp_path,
        memory__current="1000\n",
        memory__stat="anon 1\ninactive_file 300\n",
        memory__max="4096\n",
        memory__events="low 0\nhigh 0\nmax 9\noom 3\noom_kill 2\n",
    )
    assert read_memory(tmp_path) == Memory(used=700, limit=4096, kills=2)
    write(tmp_path, memory__max="max\n")
    assert read_memory(tmp_path).limit is None


def test_memory_of_cgroup_1(tmp_path: Path) -> None:
    write(
        tmp_path / "memory",
        memory__usage_in_bytes="1000\n",
        memory__stat="cache 5\ntotal_inactive_file 300\n",
        memory__limit_in_bytes="4096\n",
        memory__oom_control="oom_kill_disable 0\nunder_oom 0\noom_kill 1\n",
    )
    assert read_memory(tmp_path) == Memory(used=700, limit=4096, kills=1)
    write(tmp_path / "memory", memory__limit_in_bytes="9223372036854771712\n")
    assert read_memory(tmp_path).limit is None


def test_memory_of_a_system_that_tells_nothing(tmp_path: Path) -> None:
    assert read_memory(tmp_path) == Memory(None, None, 0)


# --- processes -------------------------------------------------------------------------------


def test_a_program_s_name_may_hold_anything() -> None:
    text = f"12 (a) R 9 (b) S 7 {' '.join(['0'] * 9)} 100 50 25 25 20 0"
    assert parse_stat(text) == Process(12, 7, 200 / os.sysconf("SC_CLK_TCK"))


def test_real_processes_and_what_they_use() -> None:
    spin = "import time\nend = time.process_time() + 0.3\nwhile time.process_time() < end: pass"
    with subprocess.Popen([sys.executable, "-c", f"{spin}\ninput()"], stdin=subprocess.PIPE) as it:
        before, end = read_processes(), time.monotonic() + 20
        while seconds_used([it.pid], now := read_processes(), before) < 0.2:
            assert time.monotonic() < end
            time.sleep(0.05)
        assert it.pid in below(now, os.getpid()) and it.pid not in below(now, it.pid)
        it.kill()


def test_those_below_are_found_whatever_the_order() -> None:
    parents = {3: 2, 2: 1, 4: 3, 9: 8, 5: 5}
    processes = {pid: Process(pid, parent, 0) for pid, parent in parents.items()}
    assert below(processes, 2) == {3, 4}
    assert below(processes, 5) == {5}
    assert below(processes, 4) == frozenset()


# --- the watch -------------------------------------------------------------------------------


class Lab:
    """A server with one kernel and one terminal at most, and processes that use what is said."""

    def __init__(self, hours: float = 12) -> None:
        self.now = NOON
        self.processes = {1: Process(1, 0, 0), SERVER: Process(SERVER, 1, 0)}
        self.kernels: dict[str, Any] = {}
        self.stopped = 0
        self.terminals: dict[str, Any] = {}
        self.settings: dict[str, Any] = {
            "started": NOON,
            "terminal_manager": SimpleNamespace(terminals=self.terminals),
        }
        app = SimpleNamespace(
            shutdown_no_activity_timeout=hours * 3600,
            kernel_manager=SimpleNamespace(
                list_kernel_ids=lambda: list(self.kernels), get_kernel=self.kernels.__getitem__
            ),
            web_app=SimpleNamespace(settings=self.settings),
            log=SimpleNamespace(info=lambda *_: None),
            stop=self.stop,
        )
        self.watch = Watch(app, lambda: dict(self.processes), lambda: self.now)

    def stop(self) -> None:
        self.stopped += 1

    def start_kernel(self) -> Any:
        self.run(KERNEL, SERVER)
        provisioner = SimpleNamespace(pid=KERNEL)
        self.kernels["k"] = SimpleNamespace(
            execution_state="idle", last_activity=self.now, provisioner=provisioner
        )
        return self.kernels["k"]

    def open_terminal(self) -> Any:
        self.run(SHELL, SERVER)
        ptyproc = SimpleNamespace(pid=SHELL)
        self.terminals["1"] = SimpleNamespace(last_activity=self.now, ptyproc=ptyproc)
        return self.terminals["1"]

    def run(self, pid: int, parent: int) -> None:
        self.processes[pid] = Process(pid, parent, 0)

    def wait(self, hours: float, *working: int) -> None:
        """Let time go by, looked at every minute; some processes use a tenth of a core."""
        for _ in range(round(hours * 60)):
            self.now += timedelta(minutes=1)
            for pid in working:
                before = self.processes[pid]
                self.processes[pid] = Process(pid, before.parent, before.seconds + 6)
            self.watch.look()


def test_a_lab_that_nobody_uses_ends_after_its_idle_hours() -> None:
    lab = Lab()
    lab.start_kernel()
    lab.open_terminal()
    lab.wait(11.9)
    assert lab.watch.status()["until"] == "2026-07-02T00:00:00+00:00"
    assert not lab.stopped
    lab.wait(0.2)
    assert lab.stopped


def test_a_lab_without_a_limit_stays() -> None:
    lab = Lab(hours=0)
    lab.wait(1000 / 60)
    assert not lab.stopped
    assert lab.watch.status()["until"] is None


def test_a_busy_kernel_keeps_the_lab_and_the_idle_time_begins_with_its_end() -> None:
    lab = Lab()
    kernel = lab.start_kernel()
    kernel.execution_state = "busy"
    lab.wait(30)
    assert lab.watch.status()["works"] == ("a kernel is busy",)
    assert lab.watch.status()["until"] is None
    kernel.execution_state, kernel.last_activity = "idle", lab.now
    lab.wait(11.9)
    assert not lab.stopped
    lab.wait(0.2)
    assert lab.stopped


def test_what_a_notebook_runs_beside_itself_keeps_its_kernel() -> None:
    lab = Lab()
    kernel = lab.start_kernel()
    lab.run(2000, KERNEL)
    lab.wait(20, 2000)
    assert not lab.stopped
    assert kernel.last_activity == lab.now, "else Jupyter would end it"
    assert lab.watch.status()["works"] == ("a notebook's program runs",)


def test_an_idle_kernel_is_left_to_jupyter() -> None:
    lab = Lab()
    kernel = lab.start_kernel()
    lab.wait(2)
    assert kernel.last_activity == NOON
    assert lab.watch.status()["works"] == ()


def test_a_program_in_a_terminal_keeps_it_also_without_output_or_work() -> None:
    lab = Lab()
    terminal = lab.open_terminal()
    lab.run(2000, SHELL)
    lab.wait(20)
    assert not lab.stopped
    assert terminal.last_activity == lab.now, "else Jupyter would end it"
    assert lab.watch.status()["works"] == ("a program runs in terminal 1",)
    del lab.processes[2000]
    lab.wait(11.9)
    assert not lab.stopped and terminal.last_activity < lab.now
    lab.wait(0.2)
    assert lab.stopped


def test_a_program_that_took_the_shell_s_place_keeps_its_terminal() -> None:
    lab = Lab()
    terminal = lab.open_terminal()
    lab.wait(20, SHELL)
    assert not lab.stopped and terminal.last_activity == lab.now


def test_what_was_detached_keeps_the_lab_as_long_as_it_works() -> None:
    lab = Lab()
    lab.run(2000, 1)
    lab.wait(20, 2000)
    assert lab.watch.status()["works"] == ("a program runs in the background",)
    # One that only waits, like ssh-agent, does not.
    lab.wait(12.1)
    assert lab.stopped


def test_the_server_s_own_work_is_nobody_s() -> None:
    lab = Lab()
    lab.wait(12.1, 1, SERVER)
    assert lab.stopped


def test_use_begins_the_idle_time_anew() -> None:
    lab = Lab()
    lab.wait(11)
    lab.watch.use()
    lab.wait(11)
    assert not lab.stopped
    assert lab.settings[USED] == NOON + 11 * HOUR
    lab.settings["api_last_activity"] = NOON + 20 * HOUR
    lab.wait(9.9)
    assert not lab.stopped


def test_the_first_look_ends_nothing() -> None:
    lab = Lab()
    lab.now = NOON + 100 * HOUR
    lab.watch.look()
    assert not lab.stopped, "what works is known from the second one on"


def test_a_kernel_that_is_only_half_there_is_no_error() -> None:
    lab = Lab()
    lab.kernels["k"] = SimpleNamespace(provisioner=SimpleNamespace(pid=None))
    lab.terminals["1"] = SimpleNamespace()
    lab.wait(0.1)
    assert lab.watch.status()["works"] == ()


@pytest.mark.parametrize("busy", [True, False])
def test_a_status_is_what_is_so_now_not_at_the_last_look(busy: bool) -> None:
    lab = Lab()
    kernel = lab.start_kernel()
    lab.wait(1)
    kernel.execution_state = "busy" if busy else "idle"
    assert bool(lab.watch.status()["works"]) == busy
