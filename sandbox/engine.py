"""The Docker engine under a sandbox: found or started, with the images that a sandbox needs."""

import fcntl
import hashlib
import os
import subprocess
from pathlib import Path

import docker
from docker.errors import BuildError, ImageNotFound

from ops.errors import OpsError
from sandbox.layout import BASE_IMAGE, Layout
from sandbox.patience import SILENCE
from sandbox.steps import step

HERE = Path(__file__).parent
INPUTS = "labhub.inputs"


class SandboxError(OpsError):
    """The sandbox cannot be brought up, or does not do what it should."""


def connect() -> docker.DockerClient:
    """Find or start an engine with the base image; `docker` in this process speaks to it, too."""
    # Its progress lines and its questions are for the person: only stdout is ours.
    done = subprocess.run(
        [str(HERE / "prepare.sh")], stdout=subprocess.PIPE, text=True, check=False
    )
    if done.returncode:
        raise SandboxError("The sandbox has nothing to stand on: what is missing is said above")
    os.environ["DOCKER_HOST"] = done.stdout.strip()
    return docker.from_env(timeout=int(SILENCE))


def find() -> docker.DockerClient | None:
    """Return the engine that runs already, or None: what is taken down needs none started."""
    done = subprocess.run(
        [str(HERE / "engine.sh"), "host"], stdout=subprocess.PIPE, text=True, check=False
    )
    if done.returncode:
        return None
    os.environ["DOCKER_HOST"] = done.stdout.strip()
    return docker.from_env(timeout=int(SILENCE))


def ensure_host_image(client: docker.DockerClient, layout: Layout) -> None:
    """Build the sandbox's image, unless it is what the files say already; one process at a time."""
    lock = layout.root / ".sandbox" / "image.lock"
    lock.parent.mkdir(exist_ok=True)
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        _ensure_host_image(client, layout)


def _ensure_host_image(client: docker.DockerClient, layout: Layout) -> None:
    base = client.images.get(BASE_IMAGE)
    recipe = b"".join((HERE / name).read_bytes() for name in ("Dockerfile", "entry.sh"))
    inputs = hashlib.sha256(str(base.id).encode() + recipe).hexdigest()[:12]
    try:
        if client.images.get(layout.image).labels.get(INPUTS) == inputs:
            return
    except ImageNotFound:
        pass
    with step("Building the sandbox host's image"):
        _build(client, layout, inputs)


def _build(client: docker.DockerClient, layout: Layout, inputs: str) -> None:
    try:
        client.images.build(
            path=str(HERE),
            tag=layout.image,
            buildargs={"BASE_IMAGE": BASE_IMAGE},
            labels={**layout.labels, INPUTS: inputs},
            rm=True,
            forcerm=True,
        )
    except BuildError as error:
        printed = "".join(str(line.get("stream", "")) for line in error.build_log)
        last = "\n".join(f"    {line}" for line in printed.splitlines()[-20:])
        raise SandboxError(f"The sandbox host's image cannot be built: {error}\n{last}") from error
