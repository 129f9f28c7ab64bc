"""`.env` and the process environment → one frozen `Config`, or every mistake in them at once."""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from ops.errors import ConfigError
from ops.plan.command import REDACTED, Secret
from ops.settings import envfile
from ops.settings.mount_keys import MOUNT_KEY, MOUNT_RULES, join
from ops.settings.rules import RuleError, file, matching, names, number, paths, secret, text
from ops.settings.shares import Mount


@dataclass(frozen=True)
class Config:
    """Everything that describes one lab; each field is a key of `.env` in upper case.

    `site` is the folder of the site's own lists, which need not exist.
    """

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
    agfalta_tools_without: tuple[str, ...]
    image_name: str
    base_image: str
    lab_base_image: str
    smb_user: str | None
    smb_password: Secret | None
    smb_domain: str | None
    mounts: tuple[Mount, ...]
    site: Path

    def hub_at(self, address: str) -> str:
        """Return where members find the hub: `HUB_URL`, else at the host's own address."""
        if self.hub_url:
            return self.hub_url
        port = "" if self.hub_port == 80 else f":{self.hub_port}"
        return f"http://{f'[{address}]' if ':' in address else address}{port}"


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
    path = envfile.find(folder, lab)
    if not path.is_file() and "LAB_HOST" not in environ:
        raise ConfigError(envfile.how_to_begin(path))
    ours = {key: value for key, value in environ.items() if rule_of(key)}
    site = folder / (f"site.{lab}" if lab else "site")
    return parse(envfile.read(path), path.name, ours, site)


def parse(text: str, name: str, environ: Mapping[str, str], site: Path = Path("site")) -> Config:
    """Read the text of a `.env` file; `environ` wins over it."""
    given, problems = _given(text, name)
    given |= {key: (value, "environment") for key, value in environ.items()}
    values: dict[str, object] = {}
    for key in dict.fromkeys((*RULES, *given)):
        try:
            values[key] = _value(key, given[key][0] if key in given else None)
        except RuleError as problem:
            raw, where = given.get(key, (None, name))
            shown = "" if not raw else f", not {REDACTED if is_secret(key) else raw.strip()!r}"
            problems.append(f"{key}: {problem}{shown} ({where})")
    mounts, more = join(values)
    if problems := [*problems, *more]:
        listed = "\n".join(f"  {problem}" for problem in problems)
        raise ConfigError(f"The configuration is not valid:\n{listed}")
    fixed = {key.lower(): values[key] for key in RULES}
    fixed["lab_base_image"] = fixed["lab_base_image"] or fixed["base_image"]
    return Config(**fixed, mounts=mounts, site=site)  # type: ignore[arg-type]


def _given(text: str, name: str) -> tuple[dict[str, tuple[str | None, str]], list[str]]:
    found: dict[str, tuple[str | None, str]] = {}
    problems = []
    for line in envfile.split(text, name):
        if line.key is None:
            problems.append(f"{line.where}: is not of the form KEY=value")
        elif rule_of(line.key) is None:
            nearest = get_close_matches(line.key.upper(), (*RULES, "MOUNT_DATA"), 1, 0)[0]
            problems.append(f"{line.key}: unknown key, did you mean {nearest}? ({line.where})")
        elif line.key in found:
            problems.append(f"{line.key}: is set twice ({found[line.key][1]} and {line.where})")
        else:
            found[line.key] = (line.value, line.where)
    return found, problems


def _value(key: str, raw: str | None) -> object:
    rule = rule_of(key)
    assert rule is not None, key  # noqa: S101  only known keys come here
    # `KEY=` says the same as no line at all: that is how people take a value back.
    if raw is None or not raw.strip():
        raw = rule.default
    elif not is_secret(key):
        raw = raw.strip()
    if raw is None and key in REQUIRED:
        raise RuleError(f"is missing: {REQUIRED[key]}")
    return None if raw is None else rule.read(raw)


def is_secret(key: str) -> bool:
    """Tell whether the value of a key is never shown."""
    return "PASSWORD" in key


def rule_of(key: str) -> Rule | None:
    """Return how a key is read, also one that names a mount; None where there is no such key."""
    if found := MOUNT_KEY.fullmatch(key):
        return Rule(None, MOUNT_RULES[found["what"]])
    return RULES.get(key)


_HOST = r"[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?|[0-9a-fA-F:]+(%[A-Za-z0-9]+)?"
_PORT = number(1, 65535, int)
_IMAGE = matching(r"[a-z0-9][\w./:@-]*", "should be an image reference")

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
    "AGFALTA_TOOLS_WITHOUT": Rule("", paths),
    "IMAGE_NAME": Rule(
        "agfalta_tools",
        matching(r"[a-z0-9]+([._-][a-z0-9]+)*", "should be lower-case letters, digits, '_-.'"),
    ),
    "BASE_IMAGE": Rule("debian:trixie-slim", _IMAGE),
    "LAB_BASE_IMAGE": Rule(None, _IMAGE),
    **{key: Rule(None, read) for key, read in MOUNT_RULES.items() if key != "MOUNT"},
}
REQUIRED = {"LAB_HOST": "the host's name, address or SSH alias"}
