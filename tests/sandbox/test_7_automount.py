"""A file server that refuses or hangs, behind systemd's real automount: a helper mounts a tmpfs."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.running import Sandbox
from tests.hub_client import HubClient, alert_in
from tests.sandbox.look import sh, wait_for_login_page
from tests.sandbox.shares import Share, offer, place, remove

IMAGE = "agfalta_tools:1.2"
DATA = Share("data")
UNIT = "srv-labhub-data-share"
LIMIT = 8
# What `mount -t standin` runs, and so systemd at the first access.
HELPER = """\
#!/bin/sh
case $(cat /run/standin) in
  up) exec mount -t tmpfs -o gid=100,mode=0775 tmpfs "$2";;
  down) exit 32;;
  hang) exec sleep 600;;
esac
"""
MOUNT = """\
[Unit]
StartLimitIntervalSec=0
[Mount]
What=//nas/data
Where=/srv/labhub/data/share
Type=standin
TimeoutSec=15
"""
AUTOMOUNT = """\
[Automount]
Where=/srv/labhub/data/share
"""

pytestmark = [
    pytest.mark.usefixtures("pushed"),
    pytest.mark.skipif(
        "autofs" not in Path("/proc/filesystems").read_text(), reason="this kernel has no autofs"
    ),
]


@pytest.fixture
def automount(host: Sandbox, member: str) -> Iterator[None]:
    """The mount `data`, as `inv mounts` has systemd mount it."""
    place(host, DATA)
    sh(
        host,
        f'cd /run/systemd/system; printf %s "$1" >{UNIT}.mount; printf %s "$2" >{UNIT}.automount; '
        'printf %s "$3" >/sbin/mount.standin; chmod +x /sbin/mount.standin; '
        "[ -e /dev/autofs ] || { mknod /dev/autofs c 10 235; systemctl daemon-reexec; }; "
        f"systemctl daemon-reload; systemctl start {UNIT}.automount",
        *(MOUNT, AUTOMOUNT, HELPER),
    )
    offer(host, DATA)
    yield
    turn(host, "up")
    sh(
        host,
        f"systemctl stop {UNIT}.automount {UNIT}.mount; rm /sbin/mount.standin "
        f"/run/systemd/system/{UNIT}.*; systemctl daemon-reload",
    )
    remove(host, DATA)


def turn(host: Sandbox, state: str) -> None:
    """Let the server be up or down or hang, and forget what is mounted of it."""
    sh(host, f"echo {state} >/run/standin; systemctl stop {UNIT}.mount 2>/dev/null")


@pytest.fixture
def alice(browser: HubClient) -> Iterator[HubClient]:
    if browser.is_running():
        browser.stop()
    yield browser
    if browser.is_running():
        browser.stop()


def listing(client: HubClient) -> str:
    code = "import os\ntry: print(os.listdir('data'))\nexcept OSError as e: print(e.strerror)"
    return client.run_cell(code).text.strip()


def test_a_probe_mounts_what_is_mounted_at_the_first_access(
    automount: None, alice: HubClient, host: Sandbox
) -> None:
    turn(host, "up")
    assert "<code>~/data</code>" in alice.spawn_page()
    assert sh(host, "stat -f -c %T /srv/labhub/data/share") == "tmpfs"


def test_a_lab_started_while_the_server_is_down_heals_by_itself(
    automount: None, alice: HubClient, host: Sandbox, hub: str
) -> None:
    turn(host, "down")
    sh(host, "docker restart labhub-hub")
    wait_for_login_page(hub, 60)
    assert "the file server 192.168.2.99 does not answer, or refuses it." in alice.spawn_page()
    alice.spawn(IMAGE, without=["data"])
    assert listing(alice) == "No such device"
    turn(host, "up")
    assert listing(alice) == "[]"


def test_nobody_waits_long_for_a_server_that_hangs(
    automount: None, alice: HubClient, host: Sandbox
) -> None:
    turn(host, "hang")
    start = time.monotonic()
    page = alice.spawn_page()
    assert time.monotonic() - start < LIMIT + 2
    assert "data (/mnt/data) is away: the file server 192.168.2.99 does not answer." in page
    start = time.monotonic()
    refused = alice.post_spawn(IMAGE)
    assert time.monotonic() - start < 2, "the same probe still hangs"
    assert refused.status_code == 503
    assert "is away" in (alert_in(refused.text) or "")
    assert "Start without data</label>" in refused.text
    alice.spawn(IMAGE, without=["data"])
