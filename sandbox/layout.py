"""Names and files of one sandbox: pure, so that two clones never meet on one engine."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LABEL = "labhub.sandbox"
BASE_IMAGE = "labhub-sandbox-base:trixie"
USER = "agfalta"
SUDO_PASSWORD = "lab-sudo"  # noqa: S105 - the password of a host that only this machine reaches


@dataclass(frozen=True)
class Layout:
    """Where everything of the sandbox `name` is, on this machine and on its engine."""

    root: Path
    name: str

    @property
    def _clone(self) -> str:
        return hashlib.sha256(str(self.root).encode()).hexdigest()[:6]

    @property
    def container(self) -> str:
        return f"labhub-{self.name}-{self._clone}"

    @property
    def volume(self) -> str:
        return self.container

    @property
    def image(self) -> str:
        # One for all sandboxes of a clone: they differ only in what happens to them.
        return f"labhub-sandbox-host:{self._clone}"

    @property
    def frozen(self) -> str:
        """Return the image that the container becomes when the host is frozen."""
        return f"labhub-sandbox-frozen:{self.name}-{self._clone}"

    @property
    def labels(self) -> dict[str, str]:
        return {LABEL: str(self.root)}

    @property
    def alias(self) -> str:
        return f"labhub-{self.name}"

    @property
    def folder(self) -> Path:
        return self.root / ".sandbox" / self.name

    @property
    def operator_key(self) -> Path:
        return self.folder / "operator_ed25519"

    @property
    def host_key(self) -> Path:
        return self.folder / "host_ed25519"

    @property
    def known_hosts(self) -> Path:
        return self.folder / "known_hosts"

    @property
    def ssh_config(self) -> Path:
        return self.folder / "ssh_config"

    @property
    def env_file(self) -> Path:
        return self.root / f".env.{self.name}"

    @property
    def sample(self) -> Path:
        return self.root / ".sandbox" / "agfalta_tools"


def render_ssh_config(layout: Layout, port: int) -> str:
    """Write the SSH alias of a sandbox: strict about the host key, as for a real host."""
    return f"""\
Host {layout.alias}
    HostName 127.0.0.1
    Port {port}
    User {USER}
    IdentityFile "{layout.operator_key}"
    IdentitiesOnly yes
    UserKnownHostsFile "{layout.known_hosts}"
    GlobalKnownHostsFile /dev/null
    StrictHostKeyChecking yes
    LogLevel ERROR
"""


def render_known_hosts(layout: Layout, port: int) -> str:
    """Write the line that makes the sandbox's key known at its address."""
    algorithm, key, *_ = layout.host_key.with_suffix(".pub").read_text().split()
    return f"[127.0.0.1]:{port} {algorithm} {key}\n"


def render_env(layout: Layout, web_port: int, present: str = "") -> str:
    """Write the `.env` of a sandbox; lines that a person has added to `present` stay."""
    ours = {
        "LAB_HOST": layout.alias,
        "LAB_SSH_CONFIG": f"'{layout.ssh_config}'",
        "LAB_SUDO_PASSWORD": SUDO_PASSWORD,
        "LAB_NAME": "'Sandbox Lab'",
        "HUB_URL": f"http://127.0.0.1:{web_port}",
        "HUB_PORT": "80",
        "AGFALTA_TOOLS_SOURCE": f"'{layout.sample}'",
        "AGFALTA_TOOLS_IMPORT": "agfalta_tools",
    }
    head = "# Written by `inv sandbox`; lines with other keys are kept."
    added = [
        line
        for line in present.splitlines()
        if line != head and line.partition("=")[0].strip() not in ours
    ]
    return "\n".join([head, *(f"{key}={value}" for key, value in ours.items()), *added, ""])
