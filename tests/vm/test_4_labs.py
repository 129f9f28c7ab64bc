"""Shares in the labs, in one long day of one host: each lab takes an emulated machine a minute."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from sandbox.inv import Inv
from sandbox.patience import TASK, until
from sandbox.vm.fileserver import ADDRESS, FileServer
from sandbox.vm.images import LAB as IMAGE
from sandbox.vm.machine import Machine
from sandbox.vm.states import MEMBER_PASSWORD, SHARES
from tests.hub_client import HubClient, SpawnError
from tests.vm.look import answers

_READING = "cat /proc/$(pgrep -x dd)/io 2>/dev/null | grep -c 'rchar: [0-9]\\{8,\\}' || true"


class Patient(requests.Session):
    """A browser that waits for a page as long as it takes."""

    def request(self, *args: Any, **kwargs: Any) -> requests.Response:
        """Ask with a limit that ends only a hang."""
        return super().request(*args, **kwargs | {"timeout": TASK})


def browser(host: Machine, name: str) -> HubClient:
    client = HubClient(host.url, limit=TASK, session=Patient())
    client.login(name, MEMBER_PASSWORD)
    return client


def in_lab(host: Machine, name: str, script: str) -> str:
    """Run shell in a lab as the lab itself; what it complains of is part of the answer."""
    run = 'docker exec "lab-$1" sh -c "cd; $2" </dev/null 2>&1 || true'
    return host.root(run, name, script)


@pytest.fixture
def hub(kept_by_module: Callable[[str], Machine]) -> Machine:
    """A hub as the test before has left it."""
    return kept_by_module("hub")


def test_a_lab_that_runs_before_the_mounts_keeps_running_and_the_next_has_them(
    inv: Inv, hub: Machine
) -> None:
    alice = browser(hub, "alice")
    alice.spawn(IMAGE)
    started = "docker inspect -f '{{.State.StartedAt}}' lab-alice labhub-hub labhub-proxy"
    before = hub.root(started)
    inv.ok("mounts", **SHARES)
    assert "everything is right already" in inv.ok("deploy", **SHARES).output
    assert hub.root(started) == before and alice.is_running()
    alice.stop()
    assert "~/leem" in alice.spawn_page() and "away" not in alice.spawn_page()
    alice.spawn(IMAGE)
    assert in_lab(hub, "alice", "ls -d data/. analysis/. leem/. /mnt/*/.").split() == [
        *("/mnt/analysis/.", "/mnt/data/.", "/mnt/leem/."),
        *("analysis/.", "data/.", "leem/."),
    ]


def test_rights_in_the_labs_are_those_of_the_shares(hub: Machine, files: FileServer) -> None:
    (files.folder / "data" / "measured.txt").write_text("electrons")
    browser(hub, "bob").spawn(IMAGE)
    for name in ("alice", "bob"):
        assert in_lab(hub, name, "cat data/measured.txt") == "electrons"
        assert "Read-only file system" in in_lab(hub, name, "touch data/x")
        write = f"echo {name} > analysis/{name}; stat -c %a analysis/{name}"
        assert in_lab(hub, name, write) == "664"
    assert in_lab(hub, "alice", "echo x > leem/a; stat -c %a leem/a") == "660"
    # The lab book of LEEM is not for everybody: bob's lab does not even know of it.
    assert in_lab(hub, "bob", "ls -d leem /mnt/leem /srv/labhub/* 2>/dev/null").split() == [
        "/srv/labhub/analysis",
        "/srv/labhub/data",
    ]
    owners = hub.root("find /home/jupyter-* -user root")
    assert owners == "", "nothing of root's appears in a home"


@pytest.mark.parametrize("lose", ["stop", "hang"])
def test_the_file_server_is_lost_while_a_lab_reads(
    hub: Machine, files: FileServer, lose: str
) -> None:
    with (files.folder / "data" / "large").open("wb") as large:
        large.truncate(1 << 40)
    with ThreadPoolExecutor(1) as pool:
        read = "dd if=data/large of=/dev/null bs=1M iflag=direct"
        reading = pool.submit(in_lab, hub, "bob", read)
        until(lambda: hub.root(_READING) == "1", "The lab reads")
        assert not reading.done()
        getattr(files, lose)()
        # That it ends at all is asked here; how soon, by bench/boot.py.
        said = reading.result()
    assert said.startswith("dd: "), said
    files.resume() if lose == "hang" else files.start()
    until(
        lambda: in_lab(hub, "bob", "head -c 3 data/large | wc -c") == "3",
        "The lab can read again",
        pause=1,
    )


def test_a_reboot_without_the_file_server_and_its_return_into_a_running_lab(
    hub: Machine, files: FileServer
) -> None:
    files.stop()
    hub.reboot()
    until(answers(hub), "The hub is there again", pause=1)
    bob = browser(hub, "bob")
    page = bob.spawn_page()
    assert "data (/mnt/data) is away" in page and "analysis (/mnt/analysis) is away" in page
    assert f"the file server {ADDRESS} does not answer" in page
    with pytest.raises(SpawnError, match="is away"):
        bob.spawn(IMAGE)
    bob.spawn(IMAGE, without=["data", "analysis"])
    for path in ("data/", "analysis/", "/mnt/analysis/"):
        assert "No such device" in in_lab(hub, "bob", f"ls {path}; touch {path}x")
    files.start()
    until(
        lambda: in_lab(hub, "bob", "touch analysis/x && echo written") == "written",
        "The share is in the running lab again",
        pause=1,
    )
    assert "Read-only file system" in in_lab(hub, "bob", "touch data/x")
    assert (files.folder / "analysis" / "x").exists()
