"""System and stack of a host: the questions, and pure parsers from answers to frozen facts."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ops.errors import FactError
from ops.packages import INSTALLED, parse_installed
from ops.remote.framing import Answers
from ops.remote.script import Question

STACK_FOLDER = "/opt/labhub"
TOKEN_FILE = "/etc/labhub/proxy_token"  # noqa: S105  a path, not a secret
CERTIFICATES = "/usr/local/share/ca-certificates"
DEBIAN_PACKAGES = ("docker.io", "docker-cli", "docker-compose", "docker-buildx", "rsync")
UBUNTU_PACKAGES = ("docker.io", "docker-compose-v2", "docker-buildx", "rsync")

SYSTEM = (
    Question("os", '. /etc/os-release; printf \'%s\\n\' "$ID" "$VERSION_ID" "$PRETTY_NAME"'),
    Question("packages", INSTALLED, tuple(dict.fromkeys(DEBIAN_PACKAGES + UBUNTU_PACKAGES))),
    Question("engine", "systemctl show docker --property UnitFileState,ActiveState"),
    # The plugin itself is asked only where no package tells its version: it costs 80 ms.
    Question(
        "compose",
        "dpkg-query -W -f '${Version}\\n' docker-compose docker-compose-v2 "
        "| grep . || docker compose version --short",
    ),
    Question(
        "certificates",
        f"cd {CERTIFICATES} && find . -name '*.crt' -type f -print0 | sort -z "
        "| xargs -0r sha256sum | sha256sum",
    ),
)

STACK = (
    Question("current", f"readlink {STACK_FOLDER}/current"),
    Question(
        "release",
        f"cd {STACK_FOLDER}/current/ && find . -type f -print0 | sort -z | xargs -0r sha256sum",
    ),
    Question(
        "jupyterhub",
        "sed -n 's/^jupyterhub==\\([^ ;]*\\).*/\\1/p' "
        f"{STACK_FOLDER}/current/hub/requirements.lock",
    ),
    Question("token", f"stat -c '%a %u %g %s' {TOKEN_FILE}"),
    Question(
        "objects",
        "docker inspect labhub-registry labhub-proxy labhub-hub labhub-base",
    ),
)


@dataclass(frozen=True)
class System:
    """The host's operating system and what of Docker it has."""

    os: str
    version: str
    title: str
    packages: frozenset[str]
    enabled: bool
    active: bool
    compose: tuple[int, ...] | None
    certificates: str


@dataclass(frozen=True)
class Container:
    """A container of the stack as it is now."""

    running: bool
    healthy: bool
    inputs: str | None


@dataclass(frozen=True)
class Stack:
    """What of the stack is on the host; `jupyterhub` is the version of the current release."""

    current: str | None
    jupyterhub: str | None
    files: Mapping[str, str]
    token: str
    containers: Mapping[str, Container]
    base_inputs: str | None


def parse_system(answers: Answers) -> System:
    """Read the answers to `SYSTEM`."""
    try:
        name, version, title = answers["os"].splitlines()[:3]
    except ValueError as error:
        raise FactError("The host has no /etc/os-release: is it a Linux server?") from error
    engine = set(answers["engine"].splitlines())
    return System(
        os=name,
        version=version,
        title=title,
        packages=parse_installed(answers["packages"]),
        enabled="UnitFileState=enabled" in engine,
        active="ActiveState=active" in engine,
        compose=parse_version(answers["compose"]),
        certificates=answers["certificates"].partition(" ")[0],
    )


def parse_version(text: str) -> tuple[int, ...] | None:
    """Read ``2.26.1-4`` or ``v2.26.1`` as ``(2, 26, 1)``; None where there is no number."""
    numbers = text.strip().removeprefix("v").partition("-")[0].partition("+")[0].split(".")
    return tuple(int(n) for n in numbers) if all(n.isdigit() for n in numbers) else None


def parse_stack(answers: Answers) -> Stack:
    """Read the answers to `STACK`."""
    files = {}
    for line in answers["release"].splitlines():
        digest, _, path = line.partition("  ")
        files[path.removeprefix("./")] = digest
    found = _objects(answers["objects"])
    base = found.get("labhub-base:latest")
    return Stack(
        current=answers["current"] or None,
        jupyterhub=answers["jupyterhub"] or None,
        files=files,
        token=answers["token"],
        containers={
            name.removeprefix("/labhub-"): _container(item)
            for name, item in found.items()
            if name.startswith("/labhub-")
        },
        base_inputs=_inputs(base) if base else None,
    )


def _objects(text: str) -> dict[str, dict[str, Any]]:
    try:
        items = json.loads(text or "[]")
    except ValueError as error:
        raise FactError(f"docker inspect on the host printed no JSON: {text[:200]}") from error
    # An image has tags where a container has a name; the operator may have given it more.
    named = ((item.get("Name"), item) for item in items)
    return {
        name: item for own, item in named for name in ([own] if own else item.get("RepoTags") or ())
    }


def _inputs(item: Mapping[str, Any]) -> str | None:
    value = (item["Config"].get("Labels") or {}).get("labhub.inputs")
    return value if isinstance(value, str) else None


def _container(item: Mapping[str, Any]) -> Container:
    state = item["State"]
    return Container(
        running=state["Running"] and not state["Paused"],
        healthy=state.get("Health", {}).get("Status") == "healthy",
        inputs=_inputs(item),
    )
