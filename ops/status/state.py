"""Everything that `inv status` knows of a host, and what of it needs attention."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from ops.apply import Operation
from ops.errors import OpsError
from ops.images.space import WARN
from ops.members.facts import hub_problem, parse_hub
from ops.remote.framing import Answers
from ops.remote.script import AUDIT_LOG, Question
from ops.settings.config import Config
from ops.settings.shares import Mount
from ops.settings.web import is_https
from ops.status import machine, running, services
from ops.status.machine import Machine, parse_machine
from ops.status.running import Lab, parse_labs
from ops.status.services import Engine, Service, parse_engine, parse_services
from ops.tls.certificate import VALID, describe_end
from ops.tls.facts import parse_served
from ops.words import listed

LEAST_MEMORY = 0.05
SHOWN_DRIFT = 5

_DEPLOYED = Question("deployed", f"grep -F '\tinv deploy\tdone\t' {AUDIT_LOG} | tail -n 1")
# A share whose server is silent would hold the page up for as long as the kernel waits.
_READABLE = """\
for target; do
  (timeout -k 1 4 ls "$target/" >/dev/null 2>&1 && printf '%s\\n' "$target") &
done
wait
"""


@dataclass(frozen=True)
class Share:
    """A configured mount, and whether it can be read at this moment."""

    name: str
    target: str
    is_there: bool


@dataclass(frozen=True)
class Certificate:
    """How long the hub's certificate lasts, in a sentence; empty where there is plain HTTP."""

    said: str
    is_right: bool


@dataclass(frozen=True)
class Deploy:
    """The last change that a deploy made."""

    when: str
    who: str
    what: str


@dataclass(frozen=True)
class Where:
    """Where a host is found: by its operator, and by its members."""

    host: str
    url: str


@dataclass(frozen=True)
class State:
    """A host as it is; `drift` is what `inv deploy` would change on it.

    `logins` is why the hub cannot tell who may sign in, and empty where it can.
    """

    where: str
    url: str
    machine: Machine
    engine: Engine
    services: tuple[Service, ...]
    logins: str
    labs: tuple[Lab, ...]
    shares: tuple[Share, ...]
    certificate: Certificate
    deploy: Deploy | None
    drift: tuple[str, ...]

    @property
    def is_bare(self) -> bool:
        """Tell whether nothing was deployed here yet."""
        return all(it.health == "missing" for it in self.services) and self.deploy is None


def questions(mounts: Sequence[Mount]) -> tuple[Question, ...]:
    """Return what is asked beside that what a deploy asks."""
    readable = Question("readable", _READABLE, tuple(mount.target for mount in mounts))
    return (*machine.QUESTIONS, *services.QUESTIONS, *running.QUESTIONS, _DEPLOYED, readable)


def parse_state(answers: Answers, config: Config, deployment: Operation, where: Where) -> State:
    """Read the answers to `questions` and to those of a deploy."""
    readable = frozenset(answers["readable"].splitlines())
    return State(
        where=where.host,
        url=where.url,
        machine=parse_machine(answers),
        engine=parse_engine(answers),
        services=tuple(parse_services(answers)),
        logins="" if parse_hub(answers) is not None else hub_problem(answers["hub"]),
        labs=tuple(parse_labs(answers)),
        shares=tuple(Share(it.name, it.target, it.target in readable) for it in config.mounts),
        certificate=_certificate(config, answers),
        deploy=_deploy(answers["deployed"]),
        drift=_drift(deployment, answers),
    )


def _certificate(config: Config, answers: Answers) -> Certificate:
    served = parse_served(answers).certificate if is_https(config.hub_url) else None
    if served is None:
        return Certificate("", is_right=True)
    now = datetime.fromisoformat(answers["now"])
    said = describe_end(served, now, renews=config.tls_certificate is None)
    return Certificate(said, VALID in said)


def _deploy(line: str) -> Deploy | None:
    match line.split("\t"):
        case [when, who, _, _, what]:
            return Deploy(when, who, what)
    return None


def _drift(deployment: Operation, answers: Answers) -> tuple[str, ...]:
    try:
        return tuple(change.why for change in deployment(answers))
    except OpsError as error:
        return (str(error),)


def findings(state: State) -> Iterator[str]:
    """Say what needs attention, each with the next step."""
    if state.is_bare:
        yield "Nothing is deployed here yet: inv deploy"
    else:
        yield from _stack(state)
    yield from _machine(state.machine)
    if not state.certificate.is_right:
        yield state.certificate.said
    for share in state.shares:
        if not share.is_there and not state.is_bare:
            yield f"{share.name} ({share.target}) cannot be read: inv mounts --check says why"
    if state.drift and not state.is_bare:
        more = len(state.drift) - SHOWN_DRIFT
        lines = [*state.drift[:SHOWN_DRIFT], *([f"… and {more} more"] if more > 0 else [])]
        would = "".join(f"\n    {line}" for line in lines)
        yield f"The host is not as .env and this checkout describe it. inv deploy would:{would}"


def _stack(state: State) -> Iterator[str]:
    if not state.engine.version:
        yield "Docker Engine does not answer: inv deploy starts it"
        return
    ill = [it for it in state.services if it.health != "healthy"]
    if ill:
        said = listed([f"{it.name} ({it.health})" for it in ill])
        yield f"Not healthy: {said}. inv deploy starts what is missing; inv logs --service says why"
    elif state.logins:
        yield state.logins


def _machine(it: Machine) -> Iterator[str]:
    for disk in it.disks:
        if disk.share_used() > WARN:
            yield f"{disk.path} is {disk.share_used():.0%} full: inv prune frees what nobody needs"
    if it.memory_free < LEAST_MEMORY * it.memory:
        yield "Nearly all memory is taken: inv users shows whose labs run"
