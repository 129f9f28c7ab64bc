"""What tests look up or arrange on a virtual host, past the tool."""

from collections.abc import Callable

import requests

from sandbox.inv import SESSIONS
from sandbox.patience import ANSWER
from sandbox.vm.machine import Machine

OURS = "cat /etc/fstab; find /etc/labhub /srv/labhub /mnt -xdev | sort; cat /etc/labhub/hub/*"


def as_member(host: Machine, name: str, script: str) -> str:
    """Run shell as a member; what it complains of is part of the answer."""
    run = 'runuser -u "jupyter-$1" -- bash -c "$2" 2>&1 || true'
    return host.root(run, name, script)


def count_sessions(host: Machine) -> int:
    """Count the shells that sudo has started: each remote session is one."""
    return int(host.root(SESSIONS))


def answers(host: Machine) -> Callable[[], bool]:
    """Return what tells whether the hub's login page can be had."""

    def is_up() -> bool:
        try:
            return requests.get(f"{host.url}/hub/login", timeout=ANSWER).status_code == 200
        except requests.RequestException:
            return False

    return is_up
