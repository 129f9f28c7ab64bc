"""What a lab is, seen from a cell in it: `probe` sends this very text, so any image can run it."""

import os
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Any

CGROUPS = Path("/sys/fs/cgroup")
DOCKER_SOCKETS = ("/var/run/docker.sock", "/run/docker.sock")


def look(targets: Sequence[str], closed: Sequence[tuple[str, int]]) -> dict[str, Any]:
    """Return who runs here, with which limits, what shares are, and what of `closed` is open."""
    home = str(Path.home())
    return {
        "uid": os.getuid(),
        "gid": os.getgid(),
        "groups": sorted({*os.getgroups(), os.getgid()}),
        "home": home,
        "is_home_writable": os.access(home, os.W_OK),
        "limits": limits(CGROUPS),
        "shares": {target: use(target) for target in targets},
        "open": sorted(f"{host}:{port}" for host, port in closed if reach(host, port)),
        "has_docker": any(map(os.path.exists, DOCKER_SOCKETS)),
    }


def limits(root: Path) -> dict[str, list[str]]:
    """Return the words of each limit, by the files of either version of control groups."""
    return {
        "memory": _words(root / "memory.max", root / "memory/memory.limit_in_bytes"),
        "cpu": _words(root / "cpu.max")
        or _words(root / "cpu/cpu.cfs_quota_us") + _words(root / "cpu/cpu.cfs_period_us"),
        "processes": _words(root / "pids.max", root / "pids/pids.max"),
    }


def _words(*paths: Path) -> list[str]:
    present = [path for path in paths if path.exists()]
    return present[0].read_text().split() if present else []


def reach(host: str, port: int) -> bool:
    """Tell whether something listens there."""
    try:
        socket.create_connection((host, port), timeout=2).close()
    except OSError:
        return False
    return True


def use(target: str) -> dict[str, str]:
    """List a folder and write into it; return the error of each, empty where it worked."""
    found = {"read": "", "write": ""}
    try:
        os.listdir(f"{target}/")  # noqa: PTH208
    except OSError as error:
        found["read"] = str(error.strerror)
    path = Path(target, f".labhub-check-{os.uname().nodename}-{os.getpid()}")
    try:
        path.write_text("check")
        path.unlink()
    except OSError as error:
        found["write"] = str(error.strerror)
    return found
