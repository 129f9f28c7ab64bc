"""What `inv deploy` wants of a host: engine, base image, stack and mounts, as one operation."""

from collections.abc import Iterator
from pathlib import Path

from ops.apply import Operation
from ops.command import Change
from ops.config import Config
from ops.engine import base_inputs, ensure_base, ensure_engine
from ops.facts import STACK, SYSTEM, parse_stack, parse_system
from ops.framing import Answers
from ops.mount_facts import mount_questions, parse_mounts
from ops.mounts import ensure_mounts
from ops.release import read_files, render_release
from ops.script import Question
from ops.stack import ensure_stack


def questions(config: Config) -> tuple[Question, ...]:
    """Return what is to be known of the host; of mounts nothing where none is configured."""
    return (*SYSTEM, *STACK, *(mount_questions(config.mounts) if config.mounts else ()))


def deployment(config: Config, compose: Path) -> Operation:
    """Return the operation that makes a host the lab hub that a configuration describes."""
    files = read_files(compose)

    def operation(answers: Answers) -> Iterator[Change]:
        system, stack = parse_system(answers), parse_stack(answers)
        base = base_inputs(config.base_image, system)
        yield from ensure_engine(system)
        yield from ensure_base(config.base_image, base, stack.base_inputs)
        yield from ensure_stack(render_release(files, config, base), stack)
        # Last: a file server that refuses us leaves a running hub.
        if config.mounts:
            yield from ensure_mounts(config.mounts, parse_mounts(answers))

    return operation


def hub_url(config: Config, address: str) -> str:
    """Return where members find the hub: `HUB_URL`, else the host's own address."""
    if config.hub_url:
        return config.hub_url
    port = "" if config.hub_port == 80 else f":{config.hub_port}"
    return f"http://{f'[{address}]' if ':' in address else address}{port}"
