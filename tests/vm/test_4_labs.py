"""Shares in the labs, in one long day of one host: each lab takes an emulated machine a minute."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from sandbox.vm.fileserver import ADDRESS, FileServer
from sandbox.vm.images import LAB as IMAGE
from sandbox.vm.machine import Machine
from sandbox.vm.states import SHARES
from tests.hub_client import SpawnError
from tests.sandbox.inv import Inv
from tests.vm.look import SLOW, answers, browser, seconds_until


def in_lab(host: Machine, name: str, script: str) -> str:
    """Run shell in a lab as the lab itself; what it complains of is part of the answer."""
    run = 'docker exec "lab-$1" sh -c "cd; $2" </dev/null 2>&1 || true'
    return host.root(run, name, script)


@pytest.fixture
def host(kept_by_module: Callable[[str], Machine]) -> Machine:
    """A hub as the test before has left it."""
    return kept_by_module("hub")


def test_a_lab_that_runs_before_the_mounts_keeps_running_and_the_next_has_them(
    inv: Inv, host: Machine
) -> None:
    alice = browser(host, "alice")
    alice.spawn(IMAGE, timeout=SLOW)
    started = "docker inspect -f '{{.State.StartedAt}}' lab-alice labhub-hub labhub-proxy"
    before = host.root(started)
    inv.ok("mounts", **SHARES)
    assert "everything is right already" in inv.ok("deploy", **SHARES).output
    assert host.root(started) == before and alice.is_running()
    alice.stop()
    assert "~/leem" in alice.spawn_page() and "away" not in alice.spawn_page()
    alice.spawn(IMAGE, timeout=SLOW)
    assert in_lab(host, "alice", "ls -d data/. analysis/. leem/. /mnt/*/.").split() == [
        *("/mnt/analysis/.", "/mnt/data/.", "/mnt/leem/."),
        *("analysis/.", "data/.", "leem/."),
    ]


def test_rights_in_the_labs_are_those_of_the_shares(host: Machine, files: FileServer) -> None:
    (files.folder / "data" / "measured.txt").write_text("electrons")
    browser(host, "bob").spawn(IMAGE, timeout=SLOW)
    for name in ("alice", "bob"):
        assert in_lab(host, name, "cat data/measured.txt") == "electrons"
        assert "Read-only file system" in in_lab(host, name, "touch data/x")
        write = f"echo {name} > analysis/{name}; stat -c %a analysis/{name}"
        assert in_lab(host, name, write) == "664"
    assert in_lab(host, "alice", "echo x > leem/a; stat -c %a leem/a") == "660"
    # The lab book of LEEM is not for everybody: bob's lab does not even know of it.
    assert in_lab(host, "bob", "ls -d leem /mnt/leem /srv/labhub/* 2>/dev/null").split() == [
        "/srv/labhub/analysis",
        "/srv/labhub/data",
    ]
    owners = host.root("find /home/jupyter-* -user root")
    assert owners == "", "nothing of root's appears in a home"


def test_a_check_tells_of_each_share_what_a_lab_may(inv: Inv, host: Machine) -> None:
    # Of two labs at a time an emulated machine has enough.
    browser(host, "alice").stop()
    output = inv.ok("check", **SHARES).output
    for line in (
        "✓ data          can be read, and not written",
        "✓ analysis      can be read and written",
        "✓ leem          can be read and written",
    ):
        assert line in output


@pytest.mark.parametrize("lose", ["stop", "hang"])
def test_the_file_server_is_lost_while_a_lab_reads(
    host: Machine, files: FileServer, lose: str
) -> None:
    with (files.folder / "data" / "large").open("wb") as large:
        large.truncate(1 << 40)
    with ThreadPoolExecutor(1) as pool:
        read = "dd if=data/large of=/dev/null bs=1M iflag=direct"
        reading = pool.submit(in_lab, host, "bob", read)
        time.sleep(5)
        assert not reading.done()
        began = time.monotonic()
        getattr(files, lose)()
        said = reading.result()
    assert time.monotonic() - began < 75, "a minute, and what an emulated machine takes beside"
    assert said.startswith("dd: "), said
    files.resume() if lose == "hang" else files.start()
    seconds_until(lambda: in_lab(host, "bob", "head -c 3 data/large | wc -c") == "3", 60)


def test_a_reboot_without_the_file_server_and_its_return_into_a_running_lab(
    host: Machine, files: FileServer
) -> None:
    files.stop()
    host.reboot()
    seconds_until(answers(host), 240)
    bob = browser(host, "bob")
    began = time.monotonic()
    page = bob.spawn_page()
    assert time.monotonic() - began < 20, "a person waits for the page"
    assert "data (/mnt/data) is away" in page and "analysis (/mnt/analysis) is away" in page
    assert f"the file server {ADDRESS} does not answer" in page
    with pytest.raises(SpawnError, match="is away"):
        bob.spawn(IMAGE)
    bob.spawn(IMAGE, timeout=SLOW, without=["data", "analysis"])
    for path in ("data/", "analysis/", "/mnt/analysis/"):
        assert "No such device" in in_lab(host, "bob", f"ls {path}; touch {path}x")
    files.start()
    seconds_until(lambda: in_lab(host, "bob", "touch analysis/x && echo written") == "written", 60)
    assert "Read-only file system" in in_lab(host, "bob", "touch data/x")
    assert (files.folder / "analysis" / "x").exists()
