"""Publish an image that is built on the host, with the Docker SDK through the connection to it."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from importlib import import_module
from typing import TYPE_CHECKING

from ops.errors import OperationError
from ops.images.build import PUBLISHING_ADDRESS, Image
from ops.plan.command import Secret
from ops.publisher import USER
from ops.remote.host import Host
from ops.remote.tunnel import OpenShell, docker_socket

if TYPE_CHECKING:
    from docker import APIClient


def get_ready(host: Host) -> None:
    """Load the Docker SDK and become root in the background: a build leaves the time for both."""
    threading.Thread(target=import_module, args=("docker",), daemon=True).start()
    # The SDK opens a connection for each thing that it asks: the engine's version, and the push.
    host.expect_shells(2)


def publish(
    image: Image, password: Secret, root_shell: OpenShell, show: Callable[[str], None]
) -> str:
    """Push an image that is built on the host to the registry there; say how much of it is new.

    :raises OperationError: with what the engine or the registry said.
    """
    from docker import APIClient
    from docker.errors import DockerException
    from urllib3.exceptions import HTTPError

    try:
        # Only now: a connection that had waited for the build would be one that the engine ended.
        with (
            docker_socket(root_shell) as url,
            closing(APIClient(base_url=url, version="auto", timeout=600)) as client,
        ):
            return _followed(_pushed(image, password, client), show)
    except (DockerException, HTTPError, OSError, json.JSONDecodeError) as error:
        raise OperationError(f"Pushing {image.published_by} failed: {error}") from error


def _followed(layers: Iterator[tuple[str, int, int]], show: Callable[[str], None]) -> str:
    state: dict[str, tuple[int, int]] = {}
    for layer, current, total in layers:
        state[layer] = (min(current, total), total)
        done, wanted = (sum(numbers) / 1e6 for numbers in zip(*state.values(), strict=True))
        show(f"{done:.0f} of {wanted:.0f} MB")
    return f"{sum(total for _, total in state.values()) / 1e6:.0f} MB new"


def _pushed(image: Image, password: Secret, client: "APIClient") -> Iterator[tuple[str, int, int]]:
    # The host's own credential: those of the laptop are not meant for it, nor their helpers there.
    who = {"username": USER, "password": password.value}
    to = (f"{PUBLISHING_ADDRESS}/{image.name}", image.tag)
    for event in client.push(*to, stream=True, decode=True, auth_config=who):
        # A failure is an event like any other, not an exception.
        if "error" in event:
            more = "; run the task again" if "auth" in event["error"] else ""
            raise OperationError(f"Pushing {image.published_by} failed: {event['error']}{more}")
        detail = event.get("progressDetail") or {}
        if detail.get("total"):
            yield event["id"], detail["current"], detail["total"]
