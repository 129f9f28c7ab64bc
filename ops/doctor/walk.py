"""The walk of `inv doctor`: from link to link, as far as the chain holds."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path

from ops import console
from ops.doctor import here, there
from ops.errors import ConfigError, ConnectError, OpsError
from ops.findings import Finding, has_problem, problem, right, say, say_verdict
from ops.remote.command import Secret
from ops.remote.host import Host
from ops.settings import envfile
from ops.settings.config import Config, load
from ops.status.walk import look, state_questions


def examine(
    root: Path,
    environ: Mapping[str, str],
    ask_password: Callable[[str], Secret],
    *,
    as_json: bool,
) -> bool:
    """Go along the chain and say how each link is; tell whether nothing is wrong."""
    found = []
    for it in _links(root, environ, ask_password):
        found.append(it)
        if not as_json:
            say(it)
    if as_json:
        console.say(json.dumps([asdict(it) for it in found], indent=1))
    else:
        say_verdict(found)
    return not has_problem(found)


def _links(
    root: Path, environ: Mapping[str, str], ask_password: Callable[[str], Secret]
) -> Iterator[Finding]:
    yield here.programs()
    try:
        config = load(root, environ)
    except ConfigError as error:
        yield problem(".env", str(error), "correct it, then inv doctor again")
        return
    yield from here.env_file(envfile.find(root, environ.get("LAB", "")))
    try:
        yield from _on_the_host(config, root, ask_password)
    except ConnectError as error:
        yield problem("connection", str(error), "then inv doctor again: the rest was not asked")


def _on_the_host(
    config: Config, root: Path, ask_password: Callable[[str], Secret]
) -> Iterator[Finding]:
    with Host(config, ask_password) as host:
        yield right("SSH", f"{host.where} answers")
        before = time.time()
        try:
            answers = host.ask(state_questions(config, there.questions(config)))
        except ConnectError as error:
            yield problem("sudo", str(error), "then inv doctor again: the rest was not asked")
            return
        clock = there.Clock(before, time.time())
        yield right("sudo", "works")
        try:
            state = look(host, root / "compose", answers)
        except OpsError as error:
            yield problem("system", str(error), "inv status")
            return
        yield from there.links(config, state, answers, clock)
        is_deployed = any(it.health == "healthy" for it in state.services)
        yield here.members_page(state.url, is_deployed)
