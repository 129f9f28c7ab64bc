"""A sandbox that is up: how to reach it as an operator does, and a back door for tests."""

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from docker.models.containers import Container

from ops.errors import OpsError
from sandbox import told
from sandbox.diagnosis import diagnose
from sandbox.engine import SandboxError
from sandbox.layout import Layout
from sandbox.patience import BOOT, SERVICE, until


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
        done = told.run(self.container, argv, user)
        if check and done.returncode:
            raise SandboxError(
                f"{argv[0]} in the sandbox ended with {done.returncode}: {done.stderr}{done.stdout}"
            )
        return done

    def diagnose(self) -> str:
        """Return what it says of itself; for when something went wrong on it."""
        return diagnose(lambda script: self.exec(["sh", "-c", script]).stdout)

    def restart(self) -> None:
        """Reboot the host: everything on it stays, its services come back by themselves."""
        self.container.restart(timeout=int(SERVICE))
        self.await_ready()

    def await_ready(self) -> None:
        """Wait until the host has booted and the operator can log in."""
        # sshd refuses a client for a while after failed tries: asked only once it listens.
        try:
            until(self._has_booted, "The sandbox host boots", BOOT)
        except SandboxError:
            raise
        except OpsError as error:
            raise SandboxError(f"{error}: {self._why()}") from error
        until(self._lets_its_operator_in, f"{self.alias} lets its operator in", BOOT, pause=1)

    def _lets_its_operator_in(self) -> bool:
        login = self.ssh_argv("-o", "ConnectTimeout=60", "true")
        return subprocess.run(login, stdin=subprocess.DEVNULL, capture_output=True).returncode == 0

    def _has_booted(self) -> bool:
        self.container.reload()
        if self.container.status != "running":
            raise SandboxError(f"The sandbox host ended: {self._why()}")
        state = self.exec(["systemctl", "is-system-running"], check=False).stdout.strip()
        return state in ("running", "degraded")

    def _why(self) -> str:
        printed = self.container.logs(tail=5).decode(errors="replace").strip()
        return printed or "it says nothing"
