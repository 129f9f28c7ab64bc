"""Bring a sandbox up, down, or back to bare; its keys and its `.env` are made on this machine."""

import shutil
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from docker.models.containers import Container

from sandbox import container, engine
from sandbox.layout import ROOT, Layout, render_env, render_known_hosts, render_ssh_config
from sandbox.running import Sandbox
from sandbox.steps import step


def up(name: str = "sandbox", frozen: str | None = None) -> Sandbox:
    """Bring a sandbox up, bare or as a frozen one; one that runs is left as it is."""
    layout = Layout(ROOT, name)
    client = engine.connect()
    present = container.find(client, layout)
    if present is not None and not layout.host_key.is_file():
        # Its state on this machine was removed by hand: nobody can log in to it any more.
        container.remove(client, layout)
        present = None
    if present is None:
        if frozen is None:
            engine.ensure_host_image(client, layout)
        _make_keys(layout)
    if present is not None and present.status == "running":
        running = _describe(layout, present)
    else:
        with step("Starting the sandbox host"):
            origin = Layout(ROOT, frozen) if frozen else None
            running = _describe(layout, container.start(client, layout, present, origin))
            running.await_ready()
    return running


def down(name: str = "sandbox") -> None:
    """Remove a sandbox with its volumes, its keys and its `.env`; the images stay."""
    layout = Layout(ROOT, name)
    client = engine.find()
    if client is not None and container.is_there(client, layout):
        with step("Removing the sandbox host"):
            container.remove(client, layout)
    layout.env_file.unlink(missing_ok=True)
    shutil.rmtree(layout.folder, ignore_errors=True)


def reset(name: str = "sandbox") -> Sandbox:
    """Make the host bare again; its address, its host key and its `.env` stay."""
    client = engine.connect()
    with step("Removing the sandbox host"):
        container.remove(client, Layout(ROOT, name))
    return up(name)


def _make_keys(layout: Layout) -> None:
    # The host key is ours and outlives the container: a reset must not look like an attack.
    layout.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for key in (layout.operator_key, layout.host_key):
        if not key.with_suffix(".pub").is_file():
            key.unlink(missing_ok=True)
            argv = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", layout.alias, "-f"]
            subprocess.run([*argv, str(key)], check=True)


def _describe(layout: Layout, host: Container) -> Sandbox:
    bound = host.attrs["HostConfig"]["PortBindings"]
    ssh, web = (int(bound[key][0]["HostPort"]) for key in ("22/tcp", "80/tcp"))
    layout.ssh_config.write_text(render_ssh_config(layout, ssh))
    layout.known_hosts.write_text(render_known_hosts(layout, ssh))
    _ensure_sample(layout)
    present = layout.env_file.read_text() if layout.env_file.exists() else ""
    # With a password and a person's own lines: nobody else reads it, and it is never half there.
    new = layout.folder / "env"
    new.touch(mode=0o600)
    new.write_text(render_env(layout, web, present))
    new.rename(layout.env_file)
    return Sandbox(layout, host, ssh, web)


def _ensure_sample(layout: Layout) -> None:
    """Make the package that a sandbox's `.env` names, to have something to push."""
    if layout.sample.exists() or not (ROOT / "tests" / "sample").is_dir():
        return
    # Beside its place, which gets it whole or from another process that makes it too.
    with tempfile.TemporaryDirectory(dir=layout.folder) as folder:
        made = Path(folder) / layout.sample.name
        argv = [sys.executable, "-m", "tests.sample", str(made)]
        subprocess.run(argv, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        with suppress(OSError):
            made.rename(layout.sample)
