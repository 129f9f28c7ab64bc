"""What tests look up or arrange on a sandbox host, past the tool."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import requests

from sandbox.running import Sandbox
from tests.sandbox.inv import Inv

SERVICES = ("registry", "proxy", "hub")
CURRENT = "basename $(readlink /opt/labhub/current)"
"""Shell that prints the release that runs."""
DATA = "/var/lib/docker/volumes/labhub-hub-data/_data"
"""What the hub keeps, on the host."""


def sh(host: Sandbox, script: str, *args: str) -> str:
    """Run shell as root on the host, and return what it printed."""
    return host.exec(["bash", "-euo", "pipefail", "-c", script, "sh", *args]).stdout.strip()


def inspect(host: Sandbox, name: str) -> dict[str, Any]:
    """Return what the host's engine says of a container."""
    found: list[dict[str, Any]] = json.loads(sh(host, 'docker inspect "$1"', name))
    return found[0]


def started(host: Sandbox) -> dict[str, str]:
    """Return when each service was started last."""
    return {name: inspect(host, f"labhub-{name}")["State"]["StartedAt"] for name in SERVICES}


def touched(before: dict[str, str], after: dict[str, str]) -> set[str]:
    """Return the services that were started between two looks."""
    return {name for name in SERVICES if before[name] != after[name]}


def wait_for_login_page(url: str, seconds: float) -> requests.Response:
    """Wait until the hub's login page answers."""
    end = time.monotonic() + seconds
    while True:
        try:
            answer = requests.get(f"{url}/hub/login", timeout=5)
            if answer.status_code == 200:
                return answer
        except requests.RequestException:
            pass
        assert time.monotonic() < end, f"no login page after {seconds} s"
        time.sleep(0.5)


def count_sessions(host: Sandbox) -> int:
    """Count the shells that sudo has started: each remote session is one."""
    return int(sh(host, "journalctl --quiet --no-pager _COMM=sudo | grep -c COMMAND= || true"))


@contextmanager
def another_system(host: Sandbox) -> Iterator[None]:
    """Let the host say that it is a system which the tool does not know."""
    sh(
        host,
        "rm /etc/os-release; printf '%s\\n' ID=arch VERSION_ID= 'PRETTY_NAME=\"Arch Linux\"' "
        ">/etc/os-release",
    )
    try:
        yield
    finally:
        sh(host, "ln -sfn ../usr/lib/os-release /etc/os-release")


@contextmanager
def held_lock(host: Sandbox, holder: str, name: str = "host") -> Iterator[None]:
    """Hold a lock as another operator does whose task takes long."""
    lock, flag = f"/run/labhub/{name}.lock", "/run/hold-lock"
    hold = f"while [ -e {flag} ]; do sleep 0.1; done"
    sh(
        host,
        f'touch {flag}; (exec 9>>{lock}; flock 9; echo "$1" >{lock}; {hold}) '
        f"</dev/null >/dev/null 2>&1 & while flock -n {lock} true; do sleep 0.05; done",
        holder,
    )
    try:
        yield
    finally:
        sh(host, f"rm {flag}; flock {lock} true")


def until_healthy(host: Sandbox, name: str) -> None:
    """Wait until a container's own check says that it is well."""
    end = time.monotonic() + 90
    while inspect(host, name)["State"]["Health"]["Status"] != "healthy":
        assert time.monotonic() < end, f"{name} is not healthy"
        time.sleep(0.5)


@contextmanager
def registry_down(host: Sandbox, inv: Inv) -> Iterator[None]:
    """Stop the registry; `inv deploy` starts it again."""
    sh(host, "docker stop labhub-registry")
    try:
        yield
    finally:
        inv.ok("deploy")


@contextmanager
def registry_empty(host: Sandbox, inv: Inv) -> Iterator[None]:
    """Put everything that the registry holds aside, and back again.

    A repository whose last tag was deleted is left, which answers ``"tags": null``.
    """
    change = (
        "docker stop labhub-registry; docker run --rm -v labhub-registry-data:/data labhub-base"
    )
    sh(
        host,
        f"{change} sh -c 'cd /data/docker/registry/v2 && mv repositories /data/kept && "
        "mkdir -p repositories/agfalta_tools/_manifests'; docker start labhub-registry",
    )
    try:
        until_healthy(host, "labhub-registry")
        yield
    finally:
        sh(
            host,
            f"{change} sh -c 'rm -r /data/docker/registry/v2/repositories; "
            "mv /data/kept /data/docker/registry/v2/repositories'",
        )
        inv.ok("deploy")
