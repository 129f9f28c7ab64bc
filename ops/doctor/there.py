"""The links on the host, from the answers of one session."""

from collections.abc import Iterator
from dataclasses import dataclass

from ops.findings import Finding, notice, problem, right
from ops.images.space import WARN
from ops.remote.framing import Answers
from ops.remote.script import Question
from ops.settings.config import Config
from ops.settings.web import parse_address
from ops.status.state import State
from ops.tls.facts import listeners, parse_occupied

CLOCK_SECONDS = 60
"""Certificates, sign-ins and package lists bear with less than that."""
CLOCK = Question("clock", "date +%s.%N")
# Whatever apt fetches from is a name that this host needs; through a proxy it is the proxy's.
_NAMES = """\
site=$(apt-config dump Acquire::http::Proxy | sed -n 's/.*"\\(.*\\)".*/\\1/p')
[ -n "$site" ] || site=$(apt-get indextargets --format '$(SITE)' | head -n 1)
name=${site#*://}; name=${name%%/*}; name=${name%%:*}
echo "$name"
timeout 5 getent ahosts "$name" | head -n 1
"""
NAMES = Question("names", _NAMES)
INODES = Question("inodes", "df --output=ipcent,target / | tail -n 1")


@dataclass(frozen=True)
class Clock:
    """When a host was asked for its time and had answered, by the laptop's own clock."""

    before: float
    after: float

    def offset(self, host: float) -> float:
        """Return by how many seconds a host is ahead, as far as that can be known."""
        if self.before <= host <= self.after:
            return 0.0
        return host - (self.after if host > self.after else self.before)


def ports(config: Config) -> tuple[int, ...]:
    """Return the ports of the host that the hub needs."""
    if config.hub_url and (address := parse_address(config.hub_url)).is_https:
        return address.port, config.hub_port
    return (config.hub_port,)


def questions(config: Config) -> tuple[Question, ...]:
    """Return what is asked beside that what `inv status` asks."""
    return (CLOCK, NAMES, INODES, listeners(ports(config)))


def links(config: Config, state: State, answers: Answers, clock: Clock) -> Iterator[Finding]:
    """Go along the chain on the host."""
    yield right("system", state.machine.system)
    yield from _disks(state, answers)
    yield _clock(clock.offset(float(answers["clock"])))
    yield _names(answers["names"])
    if occupied := parse_occupied(answers):
        for port, who in occupied.items():
            yield problem("ports", f"port {port} is taken by {who}", _free(port))
    else:
        yield right("ports", f"{', '.join(map(str, ports(config)))}: the hub's, or free")
    if state.is_bare:
        yield notice("hub", "nothing is deployed here yet", "inv deploy")
        return
    yield from _stack(state)
    if state.logins and all(it.health == "healthy" for it in state.services):
        yield problem("logins", state.logins, "inv logs; then inv restore")
    yield from _shares(state)
    if state.certificate.said:
        make = right if state.certificate.is_right else _outdated
        yield make("certificate", state.certificate.said)
    if state.drift:
        said = f"differs from .env and this checkout in {len(state.drift)}: {state.drift[0]}"
        yield notice("settings", said, "inv deploy")


def _outdated(link: str, said: str) -> Finding:
    return problem(link, said, "inv deploy")


def _disks(state: State, answers: Answers) -> Iterator[Finding]:
    for disk in state.machine.disks:
        said = f"{disk.path} is {disk.share_used():.0%} full"
        is_full = disk.share_used() > WARN
        yield problem("disk", said, "inv prune") if is_full else right("disk", said)
    share, _, path = answers["inodes"].strip().partition("% ")
    if share.isdigit() and int(share) > 100 * WARN:
        said = f"{path} has used {share} % of its files' places (inodes)"
        yield problem("disk", said, "inv exec or inv ssh, then look for folders of many files")


def _clock(offset: float) -> Finding:
    if abs(offset) < CLOCK_SECONDS:
        return right("clock", "as here" if abs(offset) < 1 else f"{offset:+.0f} s from here")
    said = f"is {_span(abs(offset))} {'ahead of' if offset > 0 else 'behind'} this machine's"
    return problem("clock", said, "on the host:  sudo timedatectl set-ntp true")


def _span(seconds: float) -> str:
    for unit, size in (("days", 86_400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"


def _names(answer: str) -> Finding:
    name, _, address = answer.partition("\n")
    if name and not address:
        said = f"the host cannot find {name}: it knows no name server that answers"
        return problem("names", said, "on the host:  cat /etc/resolv.conf; resolvectl status")
    return right("names", f"{name} is found" if name else "nothing is fetched by name")


def _free(port: int) -> str:
    return f"stop that program on the host, or set HUB_PORT (now {port}) to another"


def _stack(state: State) -> Iterator[Finding]:
    engine = state.engine
    if not engine.version:
        yield problem("engine", "Docker Engine does not answer", "inv deploy")
        return
    yield (
        right("engine", f"Docker {engine.version}")
        if engine.is_enabled
        else problem("engine", "Docker Engine is not started at boot", "inv deploy")
    )
    for it in state.services:
        if it.health == "healthy":
            yield right(it.name, f"healthy {it.version}".strip())
        else:
            yield problem(it.name, it.health, f"inv logs --service {it.name}; inv deploy")


def _shares(state: State) -> Iterator[Finding]:
    for it in state.shares:
        if it.is_there:
            yield right("share", f"{it.name} at {it.target}")
        else:
            yield problem("share", f"{it.name} cannot be read", "inv mounts --check says why")
