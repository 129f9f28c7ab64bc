"""What a lab's container gets from the engine: user, home, mounts, limits, and no more."""

from typing import Any

from .accounts import Account
from .identity import SHELL
from .labels import LAB


def create_options(user: Account, member: str, container: str) -> dict[str, Any]:
    """Return whose container it is and where it works."""
    return {
        "user": f"{user.uid}:{user.gid}",
        "working_dir": user.home,
        "hostname": container,
        "labels": {LAB: member},
    }


def host_options(user: Account, memory: int, processes: int) -> dict[str, Any]:
    """Return its rights and limits."""
    return {
        "group_add": [str(group.gid) for group in user.groups[1:]],
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges:true"],
        "pids_limit": processes,
        # The limit would otherwise allow as much swap again.
        "memswap_limit": memory,
        "init": True,
        "restart_policy": {"Name": "no"},
        "log_config": {"type": "json-file", "config": {"max-size": "10m", "max-file": "3"}},
    }


def home_mounts(user: Account) -> list[dict[str, Any]]:
    """Return the member's home, at the host's path.

    As a mount, not a volume: of a volume the engine would make a missing home, owned by root.
    """
    return [{"type": "bind", "source": user.home, "target": user.home}]


def user_environment(user: Account) -> dict[str, str]:
    """Return what a login on the host would set."""
    return {"HOME": user.home, "USER": user.name, "LOGNAME": user.name, "SHELL": SHELL}
