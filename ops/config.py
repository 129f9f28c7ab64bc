"""`.env` and the process environment → one frozen `Config`, or every mistake in them at once."""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from difflib import get_close_matches
from pathlib import Path

from ops.command import REDACTED, Secret
from ops.errors import ConfigError
from ops.rules import RuleError, file, matching, names, number, secret, text


@dataclass(frozen=True)
class Config:
    """Everything that describes one lab; each field is a key of `.env` in upper case."""

    lab_host: str
    lab_user: str | None
    lab_port: int | None
    lab_key: Path | None
    lab_ssh_config: Path | None
    lab_sudo_password: Secret | None
    lab_name: str
    hub_port: int
    hub_url: str | None
    hub_admins: tuple[str, ...]
    memory_limit: str
    cpu_limit: float
    process_limit: int
    idle_hours: float
    agfalta_tools_source: str | None
    agfalta_tools_import: str
    image_name: str
    base_image: str


@dataclass(frozen=True)
class Rule:
    """How one key is read: its value when absent, and the function that checks and converts it."""

    default: str | None
    read: Callable[[str], object]


def load(folder: Path, environ: Mapping[str, str] = os.environ) -> Config:
    """Read the lab that `LAB` names: `.env.<LAB>`, or `.env` where it is not set.

    :raises ConfigError: with every mistake as ``KEY: rule, value, file and line``.
    """
    lab = environ.get("LAB", "")
    if not re.fullmatch(r"[A-Za-z0-9_-]*", lab):
        raise ConfigError(f"LAB={lab!r} names no lab: only letters, digits, '-' and '_' are used")
    path = folder / (f".env.{lab}" if lab else ".env")
    if not path.is_file() and "LAB_HOST" not in environ:
        raise ConfigError(_no_file(path, folder))
    text = _read(path)
    return parse(text, path.name, {key: environ[key] for key in RULES if key in environ})


def parse(text: str, name: str, environ: Mapping[str, str]) -> Config:
    """Read the text of a `.env` file; `environ` wins over it."""
    in_file, problems = _pairs(text, name)
    values: dict[str, object] = {}
    for key, rule in RULES.items():
        raw, where = (
            (environ[key], "environment")
            if key in environ
            else in_file.get(key, (rule.default, name))
        )
        # `KEY=` says the same as no line at all: that is how people take a value back.
        if raw is None or not raw.strip():
            raw = rule.default
        elif key not in SECRETS:
            raw = raw.strip()
        try:
            values[key.lower()] = None if raw is None else rule.read(raw)
            if raw is None and key in REQUIRED:
                raise RuleError(f"is missing: {REQUIRED[key]}")
        except RuleError as problem:
            shown = REDACTED if key in SECRETS else raw
            value = "" if raw is None else f", not {shown!r}"
            problems.append(f"{key}: {problem}{value} ({where})")
    if problems:
        listed = "\n".join(f"  {problem}" for problem in problems)
        raise ConfigError(f"The configuration is not valid:\n{listed}")
    return Config(**values)  # type: ignore[arg-type]


def _pairs(text: str, name: str) -> tuple[dict[str, tuple[str | None, str]], list[str]]:
    from io import StringIO

    from dotenv.parser import parse_stream

    found: dict[str, tuple[str | None, str]] = {}
    problems = []
    for binding in parse_stream(StringIO(text)):
        # dotenv counts blank lines before a key as part of it.
        blank = len(binding.original.string) - len(binding.original.string.lstrip("\r\n"))
        line = binding.original.line + binding.original.string[:blank].count("\n")
        where = f"{name}:{line}"
        if binding.error:
            problems.append(f"{where}: is not of the form KEY=value")
        elif binding.key is None:
            continue
        elif binding.key not in RULES:
            nearest = get_close_matches(binding.key.upper(), RULES, 1, 0)[0]
            problems.append(f"{binding.key}: unknown key, did you mean {nearest}? ({where})")
        elif binding.key in found:
            problems.append(f"{binding.key}: is set twice ({found[binding.key][1]} and {where})")
        else:
            found[binding.key] = (binding.value, where)
    return found, problems


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig") if path.is_file() else ""
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path.name} is not UTF-8 text: save it as UTF-8") from error
    except OSError as error:
        raise ConfigError(f"{path.name} cannot be read: {error.strerror}") from error


def _no_file(path: Path, folder: Path) -> str:
    others = sorted(
        other.name.removeprefix(".env.")
        for other in folder.glob(".env.*")
        if other.name != ".env.example"
    )
    hint = f"cp .env.example {path.name}, then edit it"
    if others:
        hint += "; or choose a lab that is configured: " + ", ".join(f"LAB={lab}" for lab in others)
    return f"There is no {path.name}: {hint}."


_HOST = r"[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?|[0-9a-fA-F:]+(%[A-Za-z0-9]+)?"
_PORT = number(1, 65535, int)

RULES: dict[str, Rule] = {
    "LAB_HOST": Rule(None, matching(_HOST, "should be a host name, an address or an SSH alias")),
    "LAB_USER": Rule(
        None, matching(r"[A-Za-z_][A-Za-z0-9_.@-]*\$?", "should be an account on the host")
    ),
    "LAB_PORT": Rule(None, _PORT),
    "LAB_KEY": Rule(None, file),
    "LAB_SSH_CONFIG": Rule(None, file),
    "LAB_SUDO_PASSWORD": Rule(None, secret),
    "LAB_NAME": Rule("Lab", text),
    "HUB_PORT": Rule("80", _PORT),
    "HUB_URL": Rule(None, matching(r"https?://[^\s/?#]+", "should be like http://lab.example.org")),
    "HUB_ADMINS": Rule("", names),
    "MEMORY_LIMIT": Rule("4G", matching(r"[1-9]\d*[MG]", "should be like 4G or 512M")),
    "CPU_LIMIT": Rule("2", number(0.1, 1024, float)),
    "PROCESS_LIMIT": Rule("512", number(50, 100_000, int)),
    "IDLE_HOURS": Rule("12", number(0, 8760, float)),
    "AGFALTA_TOOLS_SOURCE": Rule(None, text),
    "AGFALTA_TOOLS_IMPORT": Rule(
        "agfalta_tools", matching(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*", "should be a Python module")
    ),
    "IMAGE_NAME": Rule(
        "agfalta_tools",
        matching(r"[a-z0-9]+([._-][a-z0-9]+)*", "should be lower-case letters, digits, '_-.'"),
    ),
    "BASE_IMAGE": Rule(
        "debian:trixie-slim", matching(r"[a-z0-9][\w./:@-]*", "should be an image reference")
    ),
}
REQUIRED = {"LAB_HOST": "the host's name, address or SSH alias"}
SECRETS = frozenset(field.name.upper() for field in fields(Config) if field.type == Secret | None)
