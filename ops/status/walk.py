"""The walks of `inv status` and `inv labs`: ask, show, and say whether all is right."""

import json
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from ops import console
from ops.errors import OpsError
from ops.remote.command import Secret
from ops.remote.framing import Answers
from ops.remote.host import Host
from ops.remote.script import Question
from ops.settings import envfile
from ops.settings.config import Config, load
from ops.stack.deploy import deployment, hub_url
from ops.stack.deploy import questions as deploy_questions
from ops.status import page
from ops.status.state import State, Where, findings, parse_state, questions

SECONDS = 5
"""Between two looks of `--watch`."""
_CLEAR = "\x1b[H\x1b[2J\x1b[3J"


def show(host: Host, compose: Path, *, as_json: bool, watch: bool) -> bool:
    """Show how a host is; tell whether everything is right. With `watch` until Ctrl-C."""
    state = look(host, compose)
    if watch:
        state = _watch(host, compose, state)
    elif as_json:
        found = list(findings(state))
        console.say(json.dumps({**asdict(state), "findings": found, "is_right": not found}))
    else:
        _print(state)
    return not any(findings(state))


def _watch(host: Host, compose: Path, state: State) -> State:
    with suppress(KeyboardInterrupt):
        while True:
            console.say(_CLEAR if sys.stdout.isatty() else "")
            _print(state)
            time.sleep(SECONDS)
            state = look(host, compose)
    return state


def state_questions(config: Config, more: Sequence[Question] = ()) -> tuple[Question, ...]:
    """Return all that is to be asked for a state, each question once."""
    asked = (*deploy_questions(config), *questions(config.mounts), *more)
    return tuple({question.key: question for question in asked}.values())


def look(host: Host, compose: Path, answers: Answers | None = None) -> State:
    """Return how a host is, by answers to `state_questions`, or asked now."""
    if answers is None:
        answers = host.ask(state_questions(host.config))
    where = Where(host.where, hub_url(host.config, host.address))
    return parse_state(answers, host.config, deployment(host.config, compose), where)


def _print(state: State) -> None:
    for line in page.lines(state):
        console.say(line)
    if state.labs:
        console.table(page.LAB_COLUMNS, page.lab_rows(state.labs))
    console.say()
    found = tuple(findings(state))
    for line in page.verdict(found):
        console.say(line, "yellow" if found else "green")


@dataclass(frozen=True)
class Verdict:
    """A lab of this folder in one line; `name` is empty for the one of `.env`."""

    name: str
    host: str
    url: str
    findings: tuple[str, ...]


def show_all(root: Path, *, as_json: bool) -> bool:
    """Show all labs that this folder describes, asked at once; tell whether all is right."""
    names = list(envfile.labs(root))
    with ThreadPoolExecutor(max(len(names), 1)) as pool:
        verdicts = list(pool.map(lambda name: _verdict(root, name), names))
    if as_json:
        console.say(json.dumps([asdict(it) for it in verdicts]))
    elif verdicts:
        console.table(("lab", "host", "hub", ""), map(_row, verdicts))
    else:
        console.say("No lab is described here: cp .env.example .env, and edit it.")
    return not any(it.findings for it in verdicts)


def _row(it: Verdict) -> tuple[str, ...]:
    return it.name or "(.env)", it.host, it.url, "; ".join(_first_lines(it)) or "✓"


def _first_lines(it: Verdict) -> Iterator[str]:
    yield from (f"✗ {sentence.partition(chr(10))[0]}" for sentence in it.findings)


def _verdict(root: Path, name: str) -> Verdict:
    config: Config | None = None
    try:
        config = load(root, {"LAB": name})
        with Host(config, lambda prompt: _no_password(name)) as host:
            state = look(host, root / "compose")
    except OpsError as error:
        where = config.lab_host if config else "?"
        return Verdict(name, where, "", (str(error),))
    return Verdict(name, state.where, state.url, tuple(findings(state)))


def _no_password(name: str) -> Secret:
    raise OpsError(f"sudo wants a password: set LAB_SUDO_PASSWORD in .env{name and f'.{name}'}")
