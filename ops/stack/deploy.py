"""What `inv deploy` wants of a host: engine, base image, stack and mounts, as one operation."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from ops.apply import Operation
from ops.mounts.facts import mount_questions, parse_mounts
from ops.mounts.operation import ensure_mounts
from ops.remote.command import Change
from ops.remote.framing import Answers
from ops.remote.script import Question
from ops.settings.config import Config
from ops.settings.web import is_https, parse_address
from ops.stack.boot import BOOT, ensure_boot
from ops.stack.database import refuse_other_version
from ops.stack.engine import base_inputs, ensure_base, ensure_engine
from ops.stack.facts import STACK, SYSTEM, parse_stack, parse_system
from ops.stack.limits import Limits, ensure_limits, limit_questions
from ops.stack.release import read_files, render_release
from ops.stack.services import ensure_stack
from ops.tls.facts import CERTIFICATE, https_questions, parse_https, parse_served
from ops.tls.operation import Wanted, ensure_https, ensure_plain
from ops.tls.own import read_own


def questions(config: Config) -> tuple[Question, ...]:
    """Return what is to be known of the host; of mounts nothing where none is configured."""
    https = wanted_https(config)
    asked = (
        *(*SYSTEM, *STACK, BOOT, *limit_questions(limits(config))),
        *(mount_questions(config.mounts) if config.mounts else ()),
        *(*CERTIFICATE, *(https_questions(https.ports) if https else ())),
    )
    # Two parts may ask the same.
    return tuple({question.key: question for question in asked}.values())


def limits(config: Config) -> Limits:
    """Return what labs may take, by the keys of `.env`."""
    return {
        "memory_limit": config.memory_limit,
        "cpu_limit": config.cpu_limit,
        "process_limit": config.process_limit,
        "idle_hours": config.idle_hours,
    }


def deployment(config: Config, compose: Path, *, upgrades: bool = False) -> Operation:
    """Return the operation that makes a host the lab hub that a configuration describes.

    Another version of JupyterHub than the host's is refused, unless it `upgrades`.
    """
    files = read_files(compose)
    https = wanted_https(config)

    def operation(answers: Answers) -> Iterator[Change]:
        system, stack = parse_system(answers), parse_stack(answers)
        base = base_inputs(config.base_image, system)
        release = render_release(files, config, base)
        if not upgrades:
            refuse_other_version(stack.jupyterhub, release.jupyterhub)
        yield from ensure_engine(system)
        yield from ensure_base(config.base_image, base, stack.base_inputs)
        # Before the hub, which would start labs without.
        yield from ensure_limits(limits(config), answers)
        if https:
            # Before the proxy, which reads the certificate when it starts.
            yield from ensure_https(https, parse_served(answers), parse_https(answers))
        yield from ensure_stack(release, stack)
        yield from ensure_boot(answers)
        if not https:
            yield from ensure_plain(parse_served(answers))
        # Last: a file server that refuses us leaves a running hub.
        if config.mounts:
            yield from ensure_mounts(config.mounts, parse_mounts(answers))

    return operation


def wanted_https(config: Config) -> Wanted | None:
    """Return what HTTPS needs; None where the hub is served over plain HTTP.

    :raises ConfigError: where the files of an own certificate are not right.
    """
    if not is_https(config.hub_url):
        return None
    own = read_own(config, datetime.now(UTC))
    return Wanted(parse_address(str(config.hub_url)), config.hub_port, own)


def hub_url(config: Config, address: str) -> str:
    """Return where members find the hub: `HUB_URL`, else the host's own address."""
    if config.hub_url:
        return config.hub_url
    port = "" if config.hub_port == 80 else f":{config.hub_port}"
    return f"http://{f'[{address}]' if ':' in address else address}{port}"
