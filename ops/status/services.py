"""The engine, and registry, proxy and hub on it: do they run, since when, in which version."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ops.remote.framing import Answers
from ops.remote.script import Question

NAMES = ("registry", "proxy", "hub")

ENGINE = Question(
    "engine_state",
    "systemctl show docker --property ActiveState,UnitFileState --value; "
    "timeout 10 docker version --format '{{.Server.Version}}'",
)
SERVICES = Question(
    "services",
    "docker inspect --format "
    "'{{json .Name}} {{json .State}}' " + " ".join(f"labhub-{name}" for name in NAMES),
)
# Each by its own program, but JupyterHub's, which takes seconds for it. A container that does not
# run says nothing.
VERSIONS = Question(
    "versions",
    """\
said() { name=$1; shift; printf '%s %s\\n' "$name" "$(timeout 10 docker exec "labhub-$name" "$@" |
  grep -oE '[0-9]+(\\.[0-9]+)+[^ ]*' | head -n 1)"; }
said registry docker-registry --version &
said proxy node -p 'require("/opt/proxy/node_modules/configurable-http-proxy/package").version' &
said hub python -c 'from importlib.metadata import version; print(version("jupyterhub"))' &
wait
""",
)
QUESTIONS = (ENGINE, SERVICES, VERSIONS)


@dataclass(frozen=True)
class Engine:
    """The Docker engine; `version` is empty where it does not answer."""

    is_active: bool
    is_enabled: bool
    version: str


@dataclass(frozen=True)
class Service:
    """A container of the stack: ``healthy``, ``starting``, ``unhealthy``, ``stopped``, ``missing``.

    `since` is when it was started.
    """

    name: str
    health: str
    version: str
    since: str


def parse_engine(answers: Answers) -> Engine:
    """Read the answer to `ENGINE`."""
    lines = answers["engine_state"].splitlines()
    return Engine(
        is_active="active" in lines[:2],
        is_enabled="enabled" in lines[:2],
        version=lines[2] if len(lines) > 2 else "",
    )


def parse_services(answers: Answers) -> Iterator[Service]:
    """Read the answers to `SERVICES` and `VERSIONS`."""
    versions = dict(line.partition(" ")[::2] for line in answers["versions"].splitlines())
    states = {}
    for line in answers["services"].splitlines():
        # A container that does not exist is a line of another form.
        if line.startswith('"/labhub-'):
            name, _, said = line.partition(" ")
            states[json.loads(name).removeprefix("/labhub-")] = json.loads(said)
    for name in NAMES:
        yield _service(name, states.get(name), versions.get(name, ""))


def _service(name: str, state: Mapping[str, Any] | None, version: str) -> Service:
    if state is None:
        return Service(name, "missing", "", "")
    if not state["Running"] or state["Paused"]:
        return Service(name, "stopped", "", "")
    health = state.get("Health", {}).get("Status", "unhealthy")
    return Service(name, health, version, state["StartedAt"])
