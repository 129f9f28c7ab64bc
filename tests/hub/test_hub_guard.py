"""Whether a mount is there: what the kernel says, and that nobody waits long for it."""

import asyncio
import errno
import os
import threading
from pathlib import Path

import pytest
from labhub import guard
from labhub.guard import Guard, mounted_type, problem_of
from labhub.mounts import Mount

from sandbox.patience import SERVICE

DATA = Mount("data", "/mnt/data", "nas", True, None)
LEEM = Mount("leem", "/mnt/leem", "nas", False, "leem")
SILENT = "data (/mnt/data) is away: the file server nas does not answer."
MOUNTINFO = """\
29 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
40 29 0:41 / /srv/labhub/data/share rw,relatime shared:9 - autofs systemd-1 rw,fd=51
41 40 0:50 / /srv/labhub/data/share ro,relatime shared:10 - cifs //nas/data ro,vers=3.1.1
42 29 0:42 / /srv/labhub/leem/share rw,relatime - autofs systemd-1 rw,fd=52
"""


@pytest.mark.parametrize(
    ("point", "kind"),
    [
        ("/srv/labhub/data/share", "cifs"),
        ("/srv/labhub/leem/share", "autofs"),
        ("/srv/labhub/xps/share", None),
        ("/srv/labhub/data", None),
    ],
)
def test_what_is_mounted_last_counts(point: str, kind: str | None) -> None:
    assert mounted_type(MOUNTINFO, point) == kind


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        (errno.EHOSTDOWN, "the file server nas does not answer"),
        (errno.EIO, "the file server nas does not answer"),
        (errno.ENODEV, "the file server nas does not answer, or refuses it"),
        (errno.EACCES, "the file server nas refuses it"),
        (errno.ENOENT, "it is not mounted on the lab's server"),
    ],
)
def test_each_error_of_the_kernel_is_a_reason(
    monkeypatch: pytest.MonkeyPatch, number: int, reason: str
) -> None:
    def fail(path: str) -> None:
        raise OSError(number, os.strerror(number), path)

    monkeypatch.setattr(os, "statvfs", fail)
    assert (problem_of(DATA) or "").startswith(reason)


@pytest.mark.parametrize(("mount", "is_there"), [(DATA, True), (LEEM, False)])
def test_a_folder_with_nothing_mounted_on_it_is_away_although_it_answers(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, mount: Mount, is_there: bool
) -> None:
    (tmp_path / "mountinfo").write_text(MOUNTINFO)
    monkeypatch.setattr(guard, "MOUNTINFO", tmp_path / "mountinfo")
    monkeypatch.setattr(os, "statvfs", lambda path: None)
    assert (problem_of(mount) is None) == is_there


def test_the_mounts_of_this_machine_are_read() -> None:
    assert mounted_type(guard.MOUNTINFO.read_text(), "/proc") == "proc"


class Server:
    """A file server that may hang; it counts who waits for it."""

    def __init__(self) -> None:
        self.is_up = threading.Event()
        self.asked: list[str] = []

    def look(self, mount: Mount) -> str | None:
        self.asked.append(mount.name)
        self.is_up.wait(SERVICE)
        return None


def record_waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Keep the seconds for which the guard waits from now on."""
    waits: list[float] = []
    wait_for = asyncio.wait_for

    async def record(result: "asyncio.Future[object]", seconds: float) -> object:
        waits.append(seconds)
        return await wait_for(result, seconds)

    monkeypatch.setattr(asyncio, "wait_for", record)
    return waits


def test_a_hanging_server_is_away_in_time_and_costs_one_thread_a_mount(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def use() -> None:
        server = Server()
        guard = Guard(server.look, limit=0.2)
        away = await guard.find_away((DATA, LEEM))
        while len(server.asked) < 2:
            await asyncio.sleep(0)
        assert server.asked == ["data", "leem"], "all are asked at once: none has answered yet"
        assert [it.sentence for it in away] == [SILENT, SILENT.replace("data", "leem")]
        begun = dict(guard._probes)
        waits = record_waits(monkeypatch)
        for _ in range(20):
            assert len(await guard.find_away((DATA,))) == 1
        assert waits == [0] * 20, "the hanging probe is not waited for again"
        assert guard._probes == begun and server.asked == ["data", "leem"], "none is asked again"
        server.is_up.set()
        for probe in begun.values():
            await asyncio.wrap_future(probe.result)
        assert await guard.find_away((DATA, LEEM)) == ()
        assert len(server.asked) == 4, "and then it is asked anew"

    asyncio.run(use())


def test_a_second_page_waits_for_the_same_probe() -> None:
    async def use() -> None:
        server = Server()
        guard = Guard(server.look, limit=SERVICE)
        pages = [asyncio.ensure_future(guard.find_away((DATA,))) for _ in range(5)]
        while not server.asked:
            await asyncio.sleep(0)
        pages.pop().cancel()
        server.is_up.set()
        assert await asyncio.gather(*pages) == [()] * 4
        assert server.asked == ["data"]

    asyncio.run(use())


def test_a_probe_that_breaks_does_not_block_the_next() -> None:
    async def use() -> None:
        answers = iter([ZeroDivisionError(), None])

        def look(mount: Mount) -> str | None:
            answer = next(answers)
            if answer:
                raise answer
            return None

        guard = Guard(look)
        with pytest.raises(ZeroDivisionError):
            await guard.find_away((DATA,))
        assert await guard.find_away((DATA,)) == ()

    asyncio.run(use())
