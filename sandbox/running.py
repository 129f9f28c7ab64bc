"""A sandbox that is up: how to reach it as an operator does, and a back door for tests."""

import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from docker.models.containers import Container

from sandbox.diagnosis import why_unreachable
from sandbox.engine import SandboxError
from sandbox.layout import BASE_IMAGE, Layout

BOOT_SECONDS = 90
# A busy engine loses now and then what a command prints that ends at once.
_LINGER = ("sh", "-c", '"$@"; status=$?; sleep 0.05; exit $status', "sh")


@dataclass(frozen=True)
class Sandbox:
    """A running sandbox host; its ports are those of 127.0.0.1."""

    layout: Layout
    container: Container
    ssh_port: int
    web_port: int

    @property
    def alias(self) -> str:
        return self.layout.alias

    @property
    def ssh_config(self) -> Path:
        return self.layout.ssh_config

    @property
    def env_file(self) -> Path:
        return self.layout.env_file

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.web_port}"

    def ssh_argv(self, *command: str) -> list[str]:
        """Return the OpenSSH command that logs in as the operator."""
        return ["ssh", "-F", str(self.ssh_config), self.alias, *command]

    def exec(
        self, argv: Sequence[str], user: str = "root", check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        """Run a command on the host past SSH and sudo: for what a test prepares or looks up."""
        result = self.container.exec_run([*_LINGER, *argv], user=user, demux=True)
        # With `demux` the output is a pair, which the SDK's types do not know.
        parts = cast(tuple[bytes | None, bytes | None], result.output)
        out, err = ((part or b"").decode(errors="replace") for part in parts)
        if result.exit_code is None:
            raise SandboxError(f"{argv[0]} in the sandbox: the engine does not tell how it ended")
        done = subprocess.CompletedProcess(list(argv), result.exit_code, out, err)
        if check and done.returncode:
            raise SandboxError(f"{argv[0]} in the sandbox ended with {done.returncode}: {err}{out}")
        return done

    def restart(self) -> None:
        """Reboot the host: everything on it stays, its services come back by themselves."""
        self.container.restart(timeout=60)
        self.await_ready()

    def await_ready(self) -> None:
        """Wait until the host has booted and the operator can log in."""
        deadline = time.monotonic() + BOOT_SECONDS
        state = ""
        # sshd refuses a client for a while after failed tries: asked only once it listens.
        while state not in ("running", "degraded"):
            if time.monotonic() > deadline:
                raise SandboxError(f"The sandbox host does not boot: {self._why(state)}")
            time.sleep(0.1)
            self.container.reload()
            if self.container.status != "running":
                raise SandboxError(f"The sandbox host ended: {self._why(state)}")
            state = self.exec(["systemctl", "is-system-running"], check=False).stdout.strip()
        while refusal := self._refusal():
            # The engine takes a connection and drops it while nobody listens inside yet. What SSH
            # itself refuses stays refused, and each further try prolongs it.
            dropped = any(word in refusal for word in ("reset by peer", "closed by remote host"))
            if not dropped or time.monotonic() > deadline:
                raise SandboxError(
                    f"The sandbox host refuses its operator: {refusal} ({why_unreachable(self)})"
                )
            time.sleep(0.5)

    def _refusal(self) -> str:
        login = subprocess.run(
            self.ssh_argv("-o", "ConnectTimeout=20", "true"),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        return (login.stderr.strip() or "without a word") if login.returncode else ""

    def load_image(self, image: str, name: str | None = None) -> None:
        """Copy an image of this machine's engine into the host's, there called `name`."""
        save = subprocess.Popen(["docker", "save", image], stdout=subprocess.PIPE)
        load = subprocess.run(
            ["docker", "exec", "--interactive", self.layout.container, "docker", "load"],
            stdin=save.stdout,
            capture_output=True,
            text=True,
            check=False,
        )
        if save.wait() or load.returncode:
            raise SandboxError(f"{image} cannot be loaded into the sandbox: {load.stderr.strip()}")
        if name:
            self.exec(["docker", "tag", image, name])

    def load_base(self, name: str = "debian:trixie-slim") -> None:
        """Give the host's engine the base image, as a pull would where there is a registry."""
        self.load_image(BASE_IMAGE, name)

    def _why(self, state: str) -> str:
        printed = self.container.logs(tail=5).decode(errors="replace").strip()
        return " · ".join(part for part in (state, printed) if part) or "it says nothing"
