"""Container images for a virtual host: built by this machine's engine, by the project's recipes."""

import os
import shutil
import socket
import subprocess
import tempfile
import threading
import urllib.request
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from ops.labels import BASE
from ops.plan.question import Answer, Answers
from ops.settings.config import load
from ops.stack.engine import base_inputs
from ops.stack.facts import SYSTEM, parse_system
from ops.stack.release import Release, read_files, render_release
from sandbox import engine
from sandbox.layout import BASE_IMAGE, ROOT
from sandbox.patience import ANSWER, SERVICE, until
from sandbox.vm.fileserver import ADDRESS
from sandbox.vm.machine import Machine

LAB = "agfalta_tools:1.2"
_LAB, _REGISTRY = "labhub-vm-lab", "labhub-vm-registry"
_DATA = "/var/lib/docker/volumes/labhub-registry-data/_data"


def bring_in(machine: Machine) -> Release:
    """Give the host's engine all images that `inv deploy` builds there, and a lab's."""
    engine.connect()
    os.environ["DOCKER_CONFIG"] = str(machine.disks / "docker")
    config = load(ROOT, {"LAB": machine.layout.name})
    base = _inputs_of_base(machine, config.base_image)
    release = render_release(read_files(ROOT / "compose"), config, base)
    recipe = f"FROM {BASE_IMAGE}\nLABEL labhub.inputs={base}\n"
    _docker("buildx", "build", "--load", "--tag", BASE, "-", text=recipe)
    with tempfile.TemporaryDirectory(prefix="labhub-vm-") as folder:
        for path, file in release.files.items():
            (Path(folder) / path).parent.mkdir(parents=True, exist_ok=True)
            (Path(folder) / path).write_text(str(file.content))
            (Path(folder) / path).chmod(int(file.mode, 8))
        for name in release.inputs:
            _build(image_of(release, name), Path(folder) / name, f"BASE_IMAGE={BASE}")
        _build_lab(image_of(release, "hub"), Path(folder) / "lab")
    built = [BASE, _LAB, *(image_of(release, name) for name in release.inputs)]
    # `inv deploy` is to find the engine as a new host has it: installed, and not started at boot.
    machine.root("systemctl start docker")
    _send(machine, ["docker", "save", *built], "docker load --quiet")
    return release


def _build_lab(hub: str, folder: Path) -> None:
    folder.mkdir()
    for name in ("requirements.lock", "files/usr/local/bin/lab-entry"):
        shutil.copy(ROOT / "lab-image" / name, folder)
    shutil.copy(Path(__file__).with_name("lab.Dockerfile"), folder / "Dockerfile")
    _build(_LAB, folder, f"HUB={hub}")


def fill_registry(machine: Machine, release: Release) -> None:
    """Put the lab into the registry of a host: pushed here, where it takes no time to compress."""
    # Without the credential that only the host has.
    started = (
        *("--detach", "--rm", "--volume", "/var/lib/docker-registry", "--user", "5000:5000"),
        *("--env", "REGISTRY_HTTP_ADDR=:5001", "--env", "REGISTRY_AUTH=none"),
        *("--entrypoint", "docker-registry"),
    )
    serve = ("serve", "/etc/docker/registry/write.yml")
    registry = image_of(release, "registry")
    # It may be left of a run that was killed.
    _docker("rm", "--force", "--volumes", _REGISTRY, check=False)
    _docker(
        *("run", *started, "--name", _REGISTRY, "--publish", "127.0.0.1::5001", registry, *serve)
    )
    try:
        at = f"localhost:{_docker('port', _REGISTRY, '5001').rpartition(':')[2]}"
        until(lambda: _answers(f"http://{at}/v2/"), "The registry answers", SERVICE)
        reference = f"{at}/{LAB}"
        _docker("tag", _LAB, reference)
        _docker("push", "--quiet", reference)
        copy = ["docker", "cp", f"{_REGISTRY}:/var/lib/docker-registry/.", "-"]
        _send(machine, copy, f"tar -x -C {_DATA}")
        # Nothing is unpacked again: the engine has this image, and learns its name.
        machine.root(f"docker pull --quiet localhost:5000/{LAB}; docker image rm {_LAB}")
    finally:
        _docker("rm", "--force", "--volumes", _REGISTRY)
    # On a person's own engine nothing of this is left behind; the build cache makes it anew.
    _docker("image", "rm", reference, _LAB, BASE)
    _docker("image", "rm", *(image_of(release, name) for name in release.inputs))


def _answers(url: str) -> bool:
    with suppress(OSError), urllib.request.urlopen(url, timeout=ANSWER):  # noqa: S310
        return True
    return False


def image_of(release: Release, service: str) -> str:
    """Return the name that Compose gives to the image of a service."""
    return f"labhub-{service}:{release.inputs[service]}"


def _inputs_of_base(machine: Machine, base_image: str) -> str:
    found = {
        question.key: Answer(machine.root(question.script, *question.args)) for question in SYSTEM
    }
    return base_inputs(base_image, parse_system(Answers(found)))


def _build(name: str, folder: Path, argument: str) -> None:
    _docker("buildx", "build", "--load", "--tag", name, "--build-arg", argument, str(folder))


def _send(machine: Machine, argv: Sequence[str], take: str) -> None:
    """Let the host take what a command here prints."""
    # Not through SSH: what an emulated machine is worst at is cryptography.
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        # Where the host never comes for it, nobody waits for the end of this.
        sender = threading.Thread(target=_serve_once, args=(server, argv), daemon=True)
        sender.start()
        machine.root(f"exec 3<>/dev/tcp/{ADDRESS}/{port}; {take} <&3")
        sender.join()


def _serve_once(server: socket.socket, argv: Sequence[str]) -> None:
    connection, _ = server.accept()
    with connection:
        # A standard output may be a socket: nothing passes through this process.
        subprocess.run(argv, stdout=connection.fileno(), check=False)


def _docker(*argv: str, text: str = "", check: bool = True) -> str:
    done = subprocess.run(["docker", *argv], input=text, text=True, capture_output=True)
    if check and done.returncode:
        raise engine.SandboxError(f"docker {argv[0]} failed: {done.stderr[-2000:]}")
    return done.stdout.strip()
