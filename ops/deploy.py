"""`inv deploy`: engine, base image, stack and mounts of a host, as one operation."""

from collections.abc import Iterator
from pathlib import Path

from ops import console
from ops.labels import BASE, lab_base
from ops.mounts.errors import trials_explained
from ops.mounts.facts import mount_questions, parse_mounts
from ops.mounts.operation import ensure_mounts
from ops.plan.command import Change
from ops.plan.question import Answers, Questions
from ops.plan.script import Order
from ops.remote.apply import Operation, converge
from ops.remote.host import Host
from ops.settings.config import Config
from ops.stack.engine import base_inputs, ensure_base, ensure_engine
from ops.stack.facts import STACK, SYSTEM, parse_stack, parse_system
from ops.stack.operation import ensure_stack
from ops.stack.release import read_files, render_release


def deploy(host: Host, compose: Path, order: Order, *, dry: bool) -> None:
    """Make the host the lab hub that its configuration describes."""
    config = host.config
    operation = deployment(config, compose)
    with host, trials_explained(config.mounts):
        converge(host, questions(config), operation, order, dry)
        if not dry:
            console.say(f"The hub of {config.lab_name}: {config.hub_at(host.address)}")


def questions(config: Config) -> Questions:
    """Return what is to be known of the host; of mounts nothing where none is configured."""
    return (*SYSTEM, *STACK, *(mount_questions(config.mounts) if config.mounts else ()))


def deployment(config: Config, compose: Path) -> Operation:
    """Return the operation that makes a host the lab hub that a configuration describes."""
    files = read_files(compose)
    lab_image = config.lab_base_image
    bases = {BASE: config.base_image, lab_base(config.base_image, lab_image): lab_image}

    def operation(answers: Answers) -> Iterator[Change]:
        system, stack = parse_system(answers), parse_stack(answers)
        yield from ensure_engine(system)
        for name, origin in bases.items():
            wanted = base_inputs(origin, system)
            yield from ensure_base(name, origin, wanted, stack.bases.get(name))
        base = base_inputs(config.base_image, system)
        yield from ensure_stack(render_release(files, config, base), stack)
        # Last: a file server that refuses us leaves a running hub.
        if config.mounts:
            yield from ensure_mounts(config.mounts, parse_mounts(config.mounts, answers))

    return operation
