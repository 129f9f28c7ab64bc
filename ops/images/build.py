"""Build a lab image on the host with BuildKit, and publish it with the Docker SDK."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Thread
from typing import TYPE_CHECKING

from ops.errors import OperationError
from ops.images.offer import ADDRESS
from ops.images.recipe import OWN, Image
from ops.remote.command import Change, Shell, run_attended
from ops.remote.host import Host
from ops.remote.script import Question
from ops.remote.tunnel import docker_socket
from ops.stack.engine import BASE

if TYPE_CHECKING:
    from docker import APIClient

REASON_LINES = 8
HOME = Question("home", 'getent passwd "${SUDO_USER:-root}" | cut -d: -f6')


def build(image: Image, home: str, now: datetime) -> Change:
    """Plan the build on the host; the image's own Dockerfile tests it before it gets its name."""
    folder = f"{home}/{image.folder}"
    arguments = {
        "BASE_IMAGE": BASE,
        "VERSION": image.tag,
        "IMPORT_NAME": image.import_name,
        "JUPYTERHUB_VERSION": image.jupyterhub,
    }
    made = []
    if temporary := temporary_images(image):
        base, recipe = temporary
        made = [
            _build(folder, base, {"BASE_IMAGE": BASE}, "--target", "python"),
            _build(f"{folder}/{OWN}", recipe, {"LAB": base, "VERSION": image.tag}),
        ]
        arguments |= {"RECIPE": recipe}
    labels = [part for pair in _labels(image, now).items() for part in ("--label", "=".join(pair))]
    made.append(_build(folder, image.reference, arguments, *labels))
    return Change(f"Build {image.name}:{image.tag} and test it", tuple(made))


def temporary_images(image: Image) -> tuple[str, ...]:
    """Return the images that an own recipe needs on its way: its base, and what it makes."""
    parts = ("base", "made") if image.has_own_recipe else ()
    return tuple(f"labhub-build/{image.name}-{part}:{image.tag}" for part in parts)


def _build(folder: str, name: str, arguments: Mapping[str, str], *options: str) -> Shell:
    command = ("docker", "buildx", "build", "--load", "--provenance=false", "--progress=plain")
    passed = [part for pair in arguments.items() for part in ("--build-arg", "=".join(pair))]
    return run_attended(*command, "--tag", name, *options, *passed, folder)


def _labels(image: Image, now: datetime) -> dict[str, str]:
    labels = {
        "org.opencontainers.image.title": image.name,
        "org.opencontainers.image.version": image.tag,
        "org.opencontainers.image.revision": image.revision,
        "org.opencontainers.image.created": now.astimezone(UTC).isoformat(timespec="seconds"),
        "labhub.jupyterhub": image.jupyterhub,
        "labhub.inputs": image.inputs,
        "labhub.common": image.common,
    }
    return labels | ({"labhub.note": image.note} if image.note else {})


def verdict(printed: Iterable[str]) -> str | None:
    """Find the sentence by which the image's own Dockerfile refuses a package; None without one."""
    lines = list(printed)
    for number, line in enumerate(lines):
        # BuildKit also repeats the command that prints the sentence.
        found = re.search(r'(?<!echo ")(?<!echo \\")(SMOKE|BUILD): (.*)', line)
        if found is None:
            continue
        reason = [] if found[1] == "SMOKE" else lines[max(number - REASON_LINES, 0) : number]
        return "\n".join([found[2], *(f"    {said}" for said in reason)])
    return None


@dataclass(frozen=True)
class LayerPushed:
    """How much of one layer is in the registry."""

    layer: str
    current: int
    total: int


@contextmanager
def engine_client(host: Host) -> Iterator[Callable[[], "APIClient"]]:
    """Connect to the host's engine in the background: a build leaves the time for it."""
    client: Future[APIClient] = Future()
    with docker_socket(host.root_shell) as url:
        # Nobody waits for this thread, who interrupts us least of all.
        Thread(target=_connect, args=(url, client), daemon=True).start()
        yield client.result


def _connect(url: str, client: "Future[APIClient]") -> None:
    try:
        from docker import APIClient

        client.set_result(APIClient(base_url=url, version="auto", timeout=600))
    except BaseException as error:
        client.set_exception(error)


def publish(image: Image, client: Callable[[], "APIClient"]) -> Iterator[LayerPushed]:
    """Push an image that is built on the host to the registry there.

    :raises OperationError: with what the engine or the registry said.
    """
    from docker.errors import DockerException
    from urllib3.exceptions import HTTPError

    try:
        events = client().push(f"{ADDRESS}/{image.name}", image.tag, stream=True, decode=True)
        for event in events:
            # A failure is an event like any other, not an exception.
            if "error" in event:
                raise OperationError(f"Pushing {image.reference} failed: {event['error']}")
            detail = event.get("progressDetail") or {}
            if detail.get("total"):
                yield LayerPushed(event["id"], detail["current"], detail["total"])
    # The SDK lets out what urllib3 says of an answer that breaks off.
    except (DockerException, HTTPError, OSError, json.JSONDecodeError) as error:
        raise OperationError(f"Pushing {image.reference} failed: {error}") from error
