"""Build the lab image on the host with BuildKit, and publish it with the Docker SDK."""

import json
import re
import shutil
import threading
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from ops.command import Change, run
from ops.config import Config
from ops.engine import BASE
from ops.errors import ConfigError, OperationError
from ops.hashing import LEFTOVERS, digest
from ops.script import Question
from ops.source import GitSource, PypiSource, export, parse_source, tree_hash
from ops.tunnel import OpenShell, docker_socket

if TYPE_CHECKING:
    from docker import APIClient

ADDRESS = "localhost:5000"
"""The registry as the host's own engine knows it; the loopback needs no TLS."""
BUILD_FOLDER = ".cache/labhub/build"
REASON_LINES = 8
HOME = Question("home", 'getent passwd "${SUDO_USER:-root}" | cut -d: -f6')


@dataclass(frozen=True)
class Image:
    """What is to be built: a context folder, and what the image says of itself."""

    name: str
    tag: str
    context: Path
    import_name: str
    jupyterhub: str
    base_image: str
    revision: str

    @property
    def inputs(self) -> str:
        """Digest all that the image is made of; equal inputs are the same image."""
        parts = (self.tag, self.import_name, self.jupyterhub, self.base_image)
        return digest(tree_hash(self.context), *parts)

    @property
    def reference(self) -> str:
        """Return the image as the host's engine calls it."""
        return f"{ADDRESS}/{self.name}:{self.tag}"

    @property
    def folder(self) -> str:
        """Return the build folder, in the home of the operator on the host."""
        return f"{BUILD_FOLDER}/{self.name}-{self.tag}"


def read_source(config: Config) -> GitSource | PypiSource:
    """Read where the analysis package comes from.

    :raises ConfigError: where `.env` does not say it, or not well.
    """
    value = config.agfalta_tools_source
    if value is None:
        raise ConfigError(
            "AGFALTA_TOOLS_SOURCE: is missing: a git URL, the folder of a checkout, or pypi:NAME"
        )
    try:
        return parse_source(value)
    except ValueError as error:
        raise ConfigError(f"AGFALTA_TOOLS_SOURCE: {error}") from error


def prepare(root: Path, config: Config, tag: str, into: Path, cache: Path) -> Image:
    """Fill a folder with the build context: `lab-image/` and the package at its tag."""
    context = into / "context"
    shutil.copytree(root / "lab-image", context, ignore=shutil.ignore_patterns(*LEFTOVERS))
    exported = export(read_source(config), tag, context / "source", cache)
    return Image(
        name=config.image_name,
        tag=tag,
        context=context,
        import_name=config.agfalta_tools_import,
        jupyterhub=jupyterhub_version(root / "compose/hub/requirements.in"),
        base_image=config.base_image,
        revision=exported.revision,
    )


def jupyterhub_version(requirements: Path) -> str:
    """Read the one place that names the JupyterHub version."""
    found = re.search(r"^jupyterhub==(\S+)", requirements.read_text(), re.MULTILINE)
    if found is None:
        raise OperationError(f"{requirements} does not pin jupyterhub==…; restore that line")
    return found[1]


def build(image: Image, home: str, now: datetime) -> Change:
    """Plan the build on the host; the image's own Dockerfile tests it before it gets its name."""
    labels = {
        "org.opencontainers.image.title": image.name,
        "org.opencontainers.image.version": image.tag,
        "org.opencontainers.image.revision": image.revision,
        "org.opencontainers.image.created": now.astimezone(UTC).isoformat(timespec="seconds"),
        "labhub.jupyterhub": image.jupyterhub,
        "labhub.inputs": image.inputs,
    }
    arguments = {
        "BASE_IMAGE": BASE,
        "VERSION": image.tag,
        "IMPORT_NAME": image.import_name,
        "JUPYTERHUB_VERSION": image.jupyterhub,
    }
    options = [part for pair in labels.items() for part in ("--label", "=".join(pair))]
    options += [part for pair in arguments.items() for part in ("--build-arg", "=".join(pair))]
    command = ("docker", "buildx", "build", "--load", "--provenance=false", "--progress=plain")
    return Change(
        f"Build {image.name}:{image.tag} and test it",
        (run(*command, "--tag", image.reference, *options, f"{home}/{image.folder}"),),
    )


def verdict(printed: Iterable[str]) -> str | None:
    """Find the sentence by which the image's own Dockerfile refuses a package; None without one."""
    lines = list(printed)
    for number, line in enumerate(lines):
        # BuildKit also repeats the command that prints the sentence.
        found = re.search(r'(?<!echo ")(SMOKE|BUILD): (.*)', line)
        if found is None:
            continue
        reason = [] if found[1] == "SMOKE" else lines[max(number - REASON_LINES, 0) : number]
        return "\n".join([found[2], *(f"    {said}" for said in reason)])
    return None


def clean(image: Image, home: str, published: str) -> Change:
    """Plan the end of a push: what was published stands in the audit log, its folder is gone."""
    return Change(
        f"Publish {image.name}:{image.tag} as {published}",
        (run("rm", "-rf", f"{home}/{image.folder}"),),
    )


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
    for event in client.push(f"{ADDRESS}/{image.name}", image.tag, stream=True, decode=True):
        # A failure is an event like any other, not an exception.
        if "error" in event:
            raise OperationError(f"Pushing {image.reference} failed: {event['error']}")
        detail = event.get("progressDetail") or {}
        if detail.get("total"):
            yield LayerPushed(event["id"], detail["current"], detail["total"])
