"""System and stack of a host: the questions, and what their answers make together."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ops.errors import FactError
from ops.labels import BASE, INPUTS, LAB_BASE
from ops.plan.objects import is_running, objects
from ops.plan.packages import installed
from ops.plan.question import Answers, Question, lines, plain
from ops.plan.tools import TOOLS
from ops.publisher import HASH_FILE, PASSWORD_FILE

STACK_FOLDER = "/opt/labhub"
TOKEN_FILE = "/etc/labhub/proxy_token"  # noqa: S105  a path, not a secret
CERTIFICATES = "/usr/local/share/ca-certificates"
DEBIAN_PACKAGES = ("docker.io", "docker-cli", "docker-compose", "docker-buildx", "rsync")
UBUNTU_PACKAGES = ("docker.io", "docker-compose-v2", "docker-buildx", "rsync")


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
    tools: frozenset[str]
    certificates: str


@dataclass(frozen=True)
class Container:
    """A container of the stack as it is now."""

    running: bool
    healthy: bool
    inputs: str | None


@dataclass(frozen=True)
class Stack:
    """What of the stack is on the host."""

    current: str | None
    files: Mapping[str, str]
    token: str
    publisher: tuple[str, ...]
    containers: Mapping[str, Container]
    bases: Mapping[str, str | None]


def parse_version(text: str) -> tuple[int, ...] | None:
    """Read ``2.26.1-4`` or ``v2.26.1`` as ``(2, 26, 1)``; None where there is no number."""
    numbers = text.strip().removeprefix("v").partition("-")[0].partition("+")[0].split(".")
    return tuple(int(n) for n in numbers) if all(n.isdigit() for n in numbers) else None


def _parse_files(text: str) -> Mapping[str, str]:
    """Read what sha256sum prints: the digest of each file by its path."""
    files = {}
    for line in text.splitlines():
        digest, _, path = line.partition("  ")
        files[path.removeprefix("./")] = digest
    return files


def _parse_os(text: str) -> tuple[str, str, str] | None:
    """Read ID, version and title, a line each; None where there is no os-release."""
    if not text:
        return None
    name, version, title = text.splitlines()
    return name, version, title


OS = Question(
    "system",
    "[ ! -e /etc/os-release ] || { . /etc/os-release; "
    """printf '%s\\n' "${ID:-linux}" "${VERSION_ID-}" "${PRETTY_NAME:-Linux}"; }""",
    _parse_os,
)
INSTALLED = installed("packages", *dict.fromkeys(DEBIAN_PACKAGES + UBUNTU_PACKAGES))
ENGINE = Question(
    "engine",
    "! command -v systemctl >/dev/null || "
    "systemctl show docker --property UnitFileState,ActiveState",
    lambda text: frozenset(text.splitlines()),
)
COMPOSE = Question(
    "compose",
    # The plugin itself is asked only where no package tells its version: it costs 80 ms.
    "{ dpkg-query -W -f '${db:Status-Status} ${Version}\\n' docker-compose docker-compose-v2 "
    "|| true; }"
    # Version 1 is a program of its own, beside which there may be the plugin.
    " | sed -n 's/^installed //p' | grep -v '^1[.]' || docker compose version --short || true",
    parse_version,
)
CERTIFIED = Question(
    "certificates",
    f"[ ! -d {CERTIFICATES} ] || {{ cd {CERTIFICATES}; find . -name '*.crt' -type f -print0 "
    "| sort -z | xargs -0r sha256sum | sha256sum; }",
    lambda text: text.partition(" ")[0],
)
SYSTEM = (OS, INSTALLED, ENGINE, COMPOSE, TOOLS, CERTIFIED)

CURRENT = Question(
    "current", f"[ ! -L {STACK_FOLDER}/current ] || readlink {STACK_FOLDER}/current", plain
)
RELEASE = Question(
    "release",
    f"[ ! -d {STACK_FOLDER}/current/ ] || {{ cd {STACK_FOLDER}/current/; "
    "find . -type f -print0 | sort -z | xargs -0r sha256sum; }",
    _parse_files,
)
TOKEN = Question("token", f"[ ! -e {TOKEN_FILE} ] || stat -c '%a %u %g %s' {TOKEN_FILE}", plain)
OBJECTS = objects("containers", "labhub-registry", "labhub-proxy", "labhub-hub", BASE, LAB_BASE)
PUBLISHER = Question(
    "publisher",
    f"for file in {PASSWORD_FILE} {HASH_FILE}; do "
    "[ ! -s $file ] || stat -c '%a %u %g' $file; done; "
    f"[ ! -s {PASSWORD_FILE} ] || [ ! -s {HASH_FILE} ] || "
    f'! grep -qx "# $(sha256sum <{PASSWORD_FILE} | cut -c1-16)" {HASH_FILE} || echo pair',
    lines,
)
STACK = (CURRENT, RELEASE, TOKEN, PUBLISHER, OBJECTS)


def parse_system(answers: Answers) -> System:
    """Put the answers to `SYSTEM` together."""
    known = answers[OS]
    if known is None:
        raise FactError(f"{answers.where} has no /etc/os-release: is it a Linux server?")
    name, version, title = known
    engine = answers[ENGINE]
    return System(
        os=name,
        version=version,
        title=title,
        packages=answers[INSTALLED],
        enabled="UnitFileState=enabled" in engine,
        active="ActiveState=active" in engine,
        compose=answers[COMPOSE],
        tools=answers[TOOLS],
        certificates=answers[CERTIFIED],
    )


def parse_stack(answers: Answers) -> Stack:
    """Put the answers to `STACK` together."""
    found = answers[OBJECTS]
    return Stack(
        current=answers[CURRENT] or None,
        files=answers[RELEASE],
        token=answers[TOKEN],
        publisher=tuple(answers[PUBLISHER]),
        containers={
            name.removeprefix("labhub-"): _container(item)
            for name, item in found.items()
            if "State" in item
        },
        bases={
            name.removesuffix(":latest"): _inputs(item)
            for name, item in found.items()
            if "State" not in item
        },
    )


def _inputs(item: Mapping[str, Any]) -> str | None:
    value = (item["Config"].get("Labels") or {}).get(INPUTS)
    return value if isinstance(value, str) else None


def _container(item: Mapping[str, Any]) -> Container:
    return Container(
        running=is_running(item),
        healthy=item["State"].get("Health", {}).get("Status") == "healthy",
        inputs=_inputs(item),
    )
