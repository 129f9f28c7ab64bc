"""What `inv deploy` wants of a host: engine, base image and stack, as one operation."""

from collections.abc import Iterator
from pathlib import Path

from ops.apply import Operation
from ops.command import Change
from ops.config import Config
from ops.engine import base_inputs, ensure_base, ensure_engine
from ops.facts import STACK, SYSTEM, parse_stack, parse_system
from ops.framing import Answers
from ops.release import read_files, render_release
from ops.stack import ensure_stack

QUESTIONS = (*SYSTEM, *STACK)


def deployment(config: Config, compose: Path) -> Operation:
    """Return the operation that makes a host the lab hub that a configuration describes."""
    files = read_files(compose)

    def operation(answers: Answers) -> Iterator[Change]:
        system, stack = parse_system(answers), parse_stack(answers)
        base = base_inputs(config.base_image, system)
        yield from ensure_engine(system)
        yield from ensure_base(config.base_image, base, stack.base_inputs)
        yield from ensure_stack(render_release(files, config, base), stack)

    return operation


def hub_url(config: Config, address: str) -> str:
    """Return where members find the hub: `HUB_URL`, else the host's own address."""
    if config.hub_url:
        return config.hub_url
    port = "" if config.hub_port == 80 else f":{config.hub_port}"
    return f"http://{f'[{address}]' if ':' in address else address}{port}"
