"""The walk of `inv rollback`: to a release that the host has kept."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

from ops import console
from ops.apply import converge, order
from ops.lab import Lab
from ops.members.access import stop_labs
from ops.remote.command import Change
from ops.remote.framing import Answers
from ops.remote.host import Host
from ops.stack.releases import (
    RELEASES,
    Release,
    Releases,
    choose,
    ensure_release,
    parse_releases,
)
from ops.stack.upgrade import WAY_BACK, labs_lost, refuse_to_lose
from ops.words import listed

IDLE_SECONDS = 15
"""Between two looks at the labs that are waited for."""


@dataclass(frozen=True)
class Consent:
    """What may become of labs that the way back would stop: `force` now, `when_idle` later."""

    force: bool
    when_idle: bool


def go_back(lab: Lab, to: str, consent: Consent, wait: bool) -> None:
    """Go back to the release before, or to another one."""
    with lab.host() as host:
        releases = parse_releases(host.ask((RELEASES,)))
        chosen = choose(releases, to, host.where)
        stopped = _settle(host, chosen, releases, consent, lab.dry)

        def operation(found: Answers) -> Iterator[Change]:
            if changes := tuple(ensure_release(chosen, parse_releases(found))):
                yield from stop_labs(stopped)
                yield from changes

        converge(host, (RELEASES,), operation, order("rollback", wait), lab.dry)
        if not lab.dry:
            console.say(
                f"Release {chosen.name} runs, with JupyterHub {chosen.jupyterhub}. The next "
                "inv deploy brings back what this checkout and .env describe."
            )


def _settle(
    host: Host, chosen: Release, releases: Releases, consent: Consent, dry: bool
) -> list[str]:
    """Return whose labs are to be stopped, as soon as that may be."""
    while True:
        lost = labs_lost(chosen, releases, host.ask(WAY_BACK))
        if not (consent.force or consent.when_idle or dry):
            refuse_to_lose(lost)
        busy = [it.member for it in lost if it.is_busy]
        if consent.force or dry or not busy:
            return [it.member for it in lost]
        console.say(f"… until nothing runs in the lab of {listed(busy)}")
        time.sleep(IDLE_SECONDS)
