"""Container images for a virtual host: built by this machine's engine, by the project's recipes."""

import os
import shutil
import socket
import subprocess
import tempfile
import threading
from datetime import UTC, datetime
from pathlib import Path

from ops import images
from ops.command import Command
from ops.config import Config, load
from ops.engine import BASE, base_inputs
from ops.facts import SYSTEM, parse_system
from ops.framing import Answers
from ops.release import Release, read_files, render_release
from sandbox import engine
from sandbox.layout import BASE_IMAGE, ROOT
from sandbox.vm.fileserver import ADDRESS
from sandbox.vm.machine import Machine

TAG = "1.2"


def bring_in(machine: Machine) -> None:
    """Give the host's engine every image that `inv deploy` builds there, and a lab image."""
    engine.connect()
    config = load(ROOT, {"LAB": machine.layout.name})
    base = _inputs_of_base(machine, config)
    os.environ["DOCKER_CONFIG"] = str(machine.disks / "docker")
    _docker(
        "buildx",
        "build",
        "--load",
        "--tag",
        BASE,
        "--label",
        f"labhub.inputs={base}",
        "-",
        text=_BASE,
    )
    release = render_release(read_files(ROOT / "compose"), config, base)
    with tempfile.TemporaryDirectory(prefix="labhub-vm-") as folder:
        _build_stack(release, Path(folder) / "stack")
        lab = _build_lab(config, Path(folder))
    built = [BASE, *(f"labhub-{name}:{inputs}" for name, inputs in release.inputs.items()), lab]
    _send(machine, built)
    # On a person's own engine nothing of this is left behind; the build cache makes it anew.
    _docker("image", "rm", *built)


_BASE = f"FROM {BASE_IMAGE}\n"


def _inputs_of_base(machine: Machine, config: Config) -> str:
    answers: Answers = {
        question.key: machine.root(question.script, *question.args, check=False)
        for question in SYSTEM
    }
    return base_inputs(config.base_image, parse_system(answers))


def _build_stack(release: Release, folder: Path) -> None:
    for path, file in release.files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(str(file.content))
    for name, inputs in release.inputs.items():
        options = (
            "--load",
            "--tag",
            f"labhub-{name}:{inputs}",
            "--build-arg",
            f"BASE_IMAGE={BASE}",
        )
        _docker("buildx", "build", *options, str(folder / name))


def _build_lab(config: Config, folder: Path) -> str:
    """Build the lab image without LaTeX and films: an emulated machine would unpack them long."""
    image = images.prepare(ROOT, config, TAG, folder / "lab", folder / "git")
    (image.context / "packages.txt").write_text("")
    (command,) = images.build(image, "", datetime.now(UTC)).steps
    assert isinstance(command, Command)  # noqa: S101
    _docker(*command.argv[1:-1], str(image.context))
    return image.reference


def _send(machine: Machine, references: list[str]) -> None:
    # Not through SSH: what an emulated machine is worst at is cryptography.
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        sender = threading.Thread(target=_serve_once, args=(server, references))
        sender.start()
        machine.root(f"exec 3<>/dev/tcp/{ADDRESS}/{port}; docker load --quiet <&3", seconds=600)
        sender.join()


def _serve_once(server: socket.socket, references: list[str]) -> None:
    connection, _ = server.accept()
    with connection, connection.makefile("wb") as stream:
        argv = ["docker", "save", *references]
        with subprocess.Popen(argv, stdout=subprocess.PIPE) as save:
            assert save.stdout  # noqa: S101
            shutil.copyfileobj(save.stdout, stream, 1 << 20)


def _docker(*argv: str, text: str = "") -> None:
    done = subprocess.run(["docker", *argv], input=text, text=True, capture_output=True)
    if done.returncode:
        raise engine.SandboxError(f"docker {argv[0]} failed: {done.stderr[-2000:]}")
