"""A release of the stack: the files of `compose/` and the settings of `.env`, ready to be sent."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from ops.errors import OperationError
from ops.hashing import digest, is_leftover
from ops.labels import BASE
from ops.plan.command import Upload
from ops.settings.config import Config
from ops.stack.facts import STACK_FOLDER

SETTINGS = "settings.env"


@dataclass(frozen=True)
class Release:
    """The files of one state of the stack, by path, and what each service is made of."""

    files: Mapping[str, Upload]
    inputs: Mapping[str, str]
    port: int

    @property
    def folder(self) -> str:
        """Where it stands on the host: two equal releases are one folder."""
        parts = [f"{path}\0{file.mode}\0{file.content}" for path, file in self.files.items()]
        return f"{STACK_FOLDER}/releases/{digest(*parts)}"

    def digests(self) -> dict[str, str]:
        """Return the SHA-256 of each file, as `sha256sum` on the host prints it."""
        return {
            path: hashlib.sha256(str(file.content).encode()).hexdigest()
            for path, file in self.files.items()
        }


def read_files(folder: Path) -> dict[str, Upload]:
    """Read `compose/`: its files by their path in it."""
    return {
        str(path.relative_to(folder)): Upload(
            path=str(path.relative_to(folder)),
            content=_read_text(path),
            mode="0755" if path.stat().st_mode & 0o100 else "0644",
        )
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not is_leftover(path.relative_to(folder))
    }


def _read_text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise OperationError(f"{path} is not text; only text can be sent with the stack") from error


def render_release(files: Mapping[str, Upload], config: Config, base_inputs: str) -> Release:
    """Render the settings of `.env` into a release of these files."""
    settings = _settings(config)
    services = yaml.load(str(files["compose.yaml"].content), yaml.CSafeLoader)["services"]
    inputs = {
        name: _inputs(name, service, files, settings, base_inputs)
        for name, service in services.items()
    }
    settings |= {f"{name.upper()}_INPUTS": value for name, value in inputs.items()}
    text = "".join(f"{key}={_quoted(value)}\n" for key, value in settings.items())
    return Release({**files, SETTINGS: Upload(SETTINGS, text)}, inputs, config.hub_port)


def _settings(config: Config) -> dict[str, str]:
    return {
        "BASE_IMAGE": BASE,
        "HUB_PORT": str(config.hub_port),
        "LAB_NAME": config.lab_name,
        "HUB_ADMINS": ",".join(config.hub_admins),
        "MEMORY_LIMIT": config.memory_limit,
        "CPU_LIMIT": f"{config.cpu_limit:g}",
        "PROCESS_LIMIT": str(config.process_limit),
        "IDLE_HOURS": f"{config.idle_hours:g}",
        "IMAGE_NAME": config.image_name,
    }


def _quoted(value: str) -> str:
    # In Compose's env files single quotes keep everything but themselves and the backslash
    # before them.
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _inputs(
    name: str,
    service: Mapping[str, object],
    files: Mapping[str, Upload],
    settings: Mapping[str, str],
    base_inputs: str,
) -> str:
    """Digest all that a service is made of: its part of compose.yaml, its folder, the base."""
    rendered = re.sub(
        r"\$\{([A-Z_]+)[^}]*\}",
        lambda found: settings.get(found[1], found[0]),
        json.dumps(service, sort_keys=True),
    )
    folder = [f"{p}\0{f.mode}\0{f.content}" for p, f in files.items() if p.startswith(f"{name}/")]
    return digest(rendered, base_inputs, *folder)
