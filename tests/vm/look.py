"""What tests look up or arrange on a virtual host, past the tool."""

import time
from collections.abc import Callable, Mapping, Sequence

import requests

from sandbox.vm.machine import Machine
from sandbox.vm.states import MEMBER_PASSWORD
from tests.hub_client import HubClient
from tests.sandbox.inv import Inv

SLOW = 300
"""Seconds in which a lab has started on an emulated machine under load."""

OURS = "cat /etc/fstab; find /etc/labhub /srv/labhub /mnt -xdev | sort; cat /etc/labhub/hub/*"

_LOCKED = r"""
# Who takes a lock to see whether it is taken would now and then be the one that the run meets.
inode=$(stat -c %i /run/labhub/host.lock)
until grep -q ":$inode " /proc/locks; do :; done
"""


def browser(host: Machine, name: str) -> HubClient:
    """Return the browser of a member who has logged in."""
    client = HubClient(host.url)
    client.login(name, MEMBER_PASSWORD)
    return client


def as_member(host: Machine, name: str, script: str) -> str:
    """Run shell as a member; what it complains of is part of the answer."""
    run = 'runuser -u "jupyter-$1" -- bash -c "$2" 2>&1 || true'
    return host.root(run, name, script)


def seconds_until(is_so: Callable[[], bool], limit: float) -> float:
    """Wait until something is so, and return how long it took."""
    began = time.monotonic()
    while not is_so():
        assert time.monotonic() - began < limit, f"not within {limit} s"
        time.sleep(1)
    return time.monotonic() - began


def count_sessions(host: Machine) -> int:
    """Count the shells that sudo has started: each remote session is one."""
    return int(host.root("journalctl --quiet --no-pager _COMM=sudo | grep -c COMMAND= || true"))


def answers(host: Machine) -> Callable[[], bool]:
    """Return what tells whether the hub's login page can be had."""

    def is_up() -> bool:
        try:
            return requests.get(f"{host.url}/hub/login", timeout=10).status_code == 200
        except requests.RequestException:
            return False

    return is_up


def cut_power(
    inv: Inv,
    host: Machine,
    task: str,
    settings: Mapping[str, str],
    after: Sequence[str],
    seconds: float = 0,
) -> None:
    """Cut the power when one of these changes of a task has been made, or some seconds later.

    Without any: as soon as the task holds the host's lock.
    """
    with inv.begin(task, **settings) as running:
        assert running.stdout
        if after:
            assert any(why in line for line in running.stdout for why in after)
        else:
            host.root(_LOCKED)
        time.sleep(seconds)
        host.power_cut()
        # Nobody is there any more to end the connection.
        running.kill()
