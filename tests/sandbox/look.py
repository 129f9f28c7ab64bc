"""What tests look up or arrange on a sandbox host, past the tool."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import requests

from sandbox.inv import SESSIONS
from sandbox.patience import ANSWER, until
from sandbox.running import Sandbox

SERVICES = ("registry", "proxy", "hub")


def sh(host: Sandbox, script: str, *args: str) -> str:
    """Run shell as root on the host, and return what it printed."""
    return host.exec(["bash", "-euo", "pipefail", "-c", script, "sh", *args]).stdout.strip()


PUBLISH = """\
docker tag "localhost:5000/$1" "localhost:501/$1"
logged_in="docker --config /run/publish"
$logged_in login --username publisher --password-stdin localhost:501 \
  </etc/labhub/registry_password >/dev/null 2>&1
$logged_in push --quiet "localhost:501/$1"
docker image rm --no-prune "localhost:501/$1"
rm -r /run/publish
"""


def publish(host: Sandbox, reference: str) -> None:
    """Publish an image of the host's engine as an operator does by hand."""
    sh(host, PUBLISH, reference)


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


def wait_for_login_page(url: str) -> requests.Response:
    """Wait until the hub's login page answers."""

    def ask() -> requests.Response | None:
        try:
            answer = requests.get(f"{url}/hub/login", timeout=ANSWER)
        except requests.RequestException:
            return None
        return answer if answer.status_code == 200 else None

    return cast(requests.Response, until(ask, f"The login page of {url} answers"))


def until_healthy(host: Sandbox, name: str) -> None:
    """Wait until a container's own check says that it is well."""
    until(
        lambda: inspect(host, name)["State"]["Health"]["Status"] == "healthy", f"{name} is healthy"
    )


def until_all_healthy(host: Sandbox) -> None:
    """Wait until all services are well, and the hub answers through the proxy."""
    for name in SERVICES:
        until_healthy(host, f"labhub-{name}")
    wait_for_login_page(host.url)


def count_sessions(host: Sandbox) -> int:
    """Count the shells that sudo has started: each remote session is one."""
    return int(sh(host, SESSIONS))


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
def held_lock(host: Sandbox, holder: str) -> Iterator[None]:
    """Hold the host's lock as another operator does whose task takes long."""
    lock, flag = "/run/labhub/host.lock", "/run/hold-lock"
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


def installed(host: Sandbox, image: str) -> dict[str, str]:
    """Return the versions of what is installed in a lab image, by its name as a lock has it."""
    code = (
        "import importlib.metadata, json, sysconfig; found = importlib.metadata.distributions("
        "path=[sysconfig.get_path('purelib')]); "
        "print(json.dumps({it.name.lower().replace('_', '-').replace('.', '-'): it.version for it "
        "in found}))"
    )
    run = f"docker run --rm --network none --entrypoint python localhost:5000/{image} -c"
    found: dict[str, str] = json.loads(sh(host, f'{run} "$1"', code))
    return found
