"""What `.env` says of the file server's shares: one line each, checked before any connection."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from ops.names import MOUNTS, group_problem
from ops.plan.command import Secret
from ops.settings.rules import RuleError, secret, text

FORM = "should be //host/share ro or //host/share rw, then perhaps group=, at=, vers= or options="

_LINE = re.compile(r"(?P<source>\S.*?)\s+(?P<access>ro|rw)(?P<words>(\s+\S+)*)", re.ASCII)
_SOURCE = re.compile(r'//[A-Za-z0-9][\w.-]*(/[^/\\,"*?<>|:]+)+/?', re.ASCII)
_OPTION = re.compile(r"([a-z][a-z0-9_.-]*)(=[^\s,\"'\\]*)?", re.ASCII)
_VERSIONS = ("1.0", "2.0", "2.1", "3", "3.0", "3.0.2", "3.1.1")
_SYSTEM = frozenset(
    "bin boot dev etc home lib lib32 lib64 proc root run sbin sys tmp usr var".split()
)

# Options that would break what is managed, and where to say it instead.
_MANAGED = {
    "cred credentials user username pass password password2 guest dom domain workgroup sec=none":
        "who logs in stands in SMB_USER, SMB_PASSWORD and SMB_DOMAIN",
    "ro rw remount bind rbind move": "what may be written stands behind the share as ro or rw",
    "uid gid cruid file_mode dir_mode fmask dmask dirm noperm dynperm multiuser cifsacl "
    "modefromsid idsfromsid forceuid forcegid setuids": "who may use it is decided by group=",
    "vers": "the SMB version stands in vers=",
    "soft hard echo_interval retrans mfsymlinks nofail auto noauto users owner defaults _netdev":
        "what happens at boot and in outages is managed",
    "unc target path prefixpath servern": "what is mounted stands first, as //host/share",
}  # fmt: skip


@dataclass(frozen=True)
class Login:
    """Who logs in to the file server."""

    user: str
    password: Secret
    domain: str | None


@dataclass(frozen=True)
class Share:
    """What one line says: `target` None stands for the usual one."""

    source: str
    read_only: bool
    group: str | None = None
    target: str | None = None
    version: str | None = None
    options: tuple[str, ...] = ()


@dataclass(frozen=True)
class Mount:
    """A share of the file server as it is to be mounted on the host and handed to labs."""

    name: str
    share: Share
    login: Login

    @property
    def target(self) -> str:
        """Where people look for it, on the host and in the labs."""
        return self.share.target or f"/mnt/{self.name}"

    @property
    def server(self) -> str:
        """The file server's name or address."""
        return self.share.source.split("/")[2]

    @property
    def key(self) -> str:
        """The key of `.env` that describes it."""
        return f"MOUNT_{self.name.upper()}"


def share(value: str) -> Share:
    """Read ``//host/share rw group=leem at=/mnt/x vers=3.0 options=a,b=c``."""
    if re.match(r"\\\\|smb:", text(value), re.IGNORECASE):
        raise RuleError("should be written as //host/share, with slashes and nothing before them")
    line = _LINE.fullmatch(value)
    if not line:
        raise RuleError(FORM)
    if not _SOURCE.fullmatch(line["source"]):
        raise RuleError("should begin with //host/share, a share's name being without , : * ? | \\")
    words: dict[str, str] = {}
    for word in line["words"].split():
        key, _, said = word.partition("=")
        if key not in ("group", "at", "vers", "options") or not said or key in words:
            raise RuleError(f"{FORM}; {word!r} is none of these, or is there twice")
        words[key] = said
    return Share(
        source=line["source"].rstrip("/"),
        read_only=line["access"] == "ro",
        group=_group(words.get("group")),
        target=_target(words.get("at")),
        version=_version(words.get("vers")),
        options=_options(words.get("options", "")),
    )


def _group(name: str | None) -> str | None:
    if name is not None and (problem := group_problem(name)):
        raise RuleError(f"group= should be a group of the host; {problem}")
    return name


def _target(path: str | None) -> str | None:
    if path is None:
        return None
    parts = PurePosixPath(path).parts
    is_plain = re.fullmatch(r"(/[A-Za-z0-9][A-Za-z0-9_.-]*)+", path, re.ASCII)
    if not is_plain or parts[1] in _SYSTEM or path in ("/mnt", "/media", "/srv", "/opt"):
        raise RuleError("at= should be a path like /mnt/data, outside the system's own folders")
    if path == MOUNTS or path.startswith(f"{MOUNTS}/"):
        raise RuleError(f"at= cannot be below {MOUNTS}, where the mounts themselves stand")
    return path


def _version(version: str | None) -> str | None:
    if version is not None and version not in _VERSIONS:
        raise RuleError(f"vers= should be one of {', '.join(_VERSIONS)}")
    return version


def _options(value: str) -> tuple[str, ...]:
    options = tuple(filter(None, value.split(",")))
    for option in options:
        found = _OPTION.fullmatch(option)
        if not found:
            raise RuleError(f"options= should be like actimeo=5,nobrl; {option!r} is not")
        if found[1].startswith("x-"):
            raise RuleError(f"options= cannot hold {found[1]}: systemd's part is managed")
        for managed, reason in _MANAGED.items():
            if found[1] in managed.split() or option in managed.split():
                raise RuleError(f"options= cannot hold {found[1]}: {reason}")
    return options


def smb_name(value: str) -> str:
    """Read a user or a domain of the file server, in what mount.cifs can read."""
    if re.search(r"[\\/]", text(value)):
        raise RuleError("should be the plain name; a domain goes into SMB_DOMAIN")
    if "," in value or len(value.encode()) > 255:
        raise RuleError("should be a name without commas, at most 255 bytes long")
    return value


def smb_password(value: str) -> Secret:
    """Read a password: mount.cifs takes one line, the kernel 128 characters of it."""
    if len(value) > 128:
        raise RuleError("should be at most 128 characters long: the kernel takes no more")
    return secret(value)


def target_problems(mounts: Mapping[str, Mount]) -> list[str]:
    """Say which mounts would stand at, or inside, the target of another."""
    problems = []
    ordered = list(mounts.values())
    for number, mount in enumerate(ordered):
        for other in ordered[:number]:
            first, second = sorted((mount.target, other.target), key=len)
            if second == first:
                problems.append(f"{mount.key}: has the target of {other.key}, {first}")
            elif second.startswith(f"{first}/"):
                problems.append(f"{mount.key}: {second} would be inside {first} ({other.key})")
    return problems
