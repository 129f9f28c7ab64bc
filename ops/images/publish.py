"""Publish an image that is built on the host, with the Docker SDK through the connection to it."""

import json
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from ops.errors import OperationError
from ops.images.build import ADDRESS, Image
from ops.remote.tunnel import OpenShell, docker_socket

if TYPE_CHECKING:
    from docker import APIClient


@dataclass(frozen=True)
class LayerPushed:
    """How much of one layer is in the registry."""

    layer: str
    current: int
    total: int


def get_ready() -> None:
    """Load the Docker SDK in the background: a build leaves the time for it."""
    threading.Thread(target=import_module, args=("docker",), daemon=True).start()


def publish(image: Image, root_shell: OpenShell) -> Iterator[LayerPushed]:
    """Push an image that is built on the host to the registry there.

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
            yield from _pushed(image, client)
    except (DockerException, HTTPError, OSError, json.JSONDecodeError) as error:
        raise OperationError(f"Pushing {image.reference} failed: {error}") from error


def _pushed(image: Image, client: "APIClient") -> Iterator[LayerPushed]:
    # Nobody's credentials: those of the laptop are not meant for it, nor are their helpers there.
    to = (f"{ADDRESS}/{image.name}", image.tag)
    for event in client.push(*to, stream=True, decode=True, auth_config={}):
        # A failure is an event like any other, not an exception.
        if "error" in event:
            raise OperationError(f"Pushing {image.reference} failed: {event['error']}")
        detail = event.get("progressDetail") or {}
        if detail.get("total"):
            yield LayerPushed(event["id"], detail["current"], detail["total"])
