"""Mounts of a host: the questions, and what their answers make together."""

import base64
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ops.mounts.fstab import CREDENTIALS
from ops.names import MOUNTS, mount_point
from ops.plan.files import read_script
from ops.plan.groups import GROUPS
from ops.plan.packages import installed
from ops.plan.question import Answers, Question, Questions
from ops.settings.shares import Mount

HUB_FILE = "/etc/labhub/hub/mounts.json"
OUTDATED = "/run/labhub/outdated"
"""A note for each mount that is older than its line in fstab or its login; a boot ends them all."""

PACKAGES = ("cifs-utils", "e2fsprogs")
"""mount.cifs, and chattr, with which a mount point is closed."""

_UNITS = "srv-labhub-"
DROP_IN = f"/etc/systemd/system/{_UNITS}.mount.d/labhub.conf"
"""systemd reads it for every unit whose name begins so."""


@dataclass(frozen=True)
class File:
    """A file of ours on the host."""

    mode: str
    owner: str
    sha256: str


@dataclass(frozen=True)
class Target:
    """What stands where people look for a mount."""

    kind: str
    leads_to: str


@dataclass(frozen=True)
class MountFacts:
    """All that the mounts of a host are made of."""

    fstab: bytes
    packages: frozenset[str]
    kernel: str
    has_module: bool
    active: frozenset[str]
    files: Mapping[str, File]
    points: Mapping[str, str]
    targets: Mapping[str, Target]
    outdated: frozenset[str]
    offered: Mapping[str, str]
    groups: frozenset[str]


def unit(name: str) -> str:
    """Return the name of a mount's two systemd units, without ``.mount`` or ``.automount``."""
    return mount_point(name).strip("/").replace("/", "-")


def _parse_points(text: str) -> Mapping[str, str]:
    return dict(line.rsplit(" ", 1) for line in text.splitlines())


def _parse_targets(text: str) -> Mapping[str, Target]:
    targets = {}
    for line in text.splitlines():
        path, kind, leads_to = line.split("|", 2)
        targets[path] = Target(kind, leads_to)
    return targets


def _parse_files(text: str) -> Mapping[str, File]:
    digests, modes = {}, {}
    for line in text.splitlines():
        first, _, rest = line.partition(" ")
        if len(first) == 64:
            digests[rest.strip()] = first
        else:
            owner, _, path = rest.partition(" ")
            modes[path] = (first, owner)
    return {path: File(*modes[path], sha256) for path, sha256 in digests.items() if path in modes}


def _parse_offered(text: str) -> Mapping[str, str]:
    """Return the target of each mount that labs are offered; nothing where it is not readable."""
    try:
        return {item["name"]: item["target"] for item in json.loads(text or "[]")}
    except (ValueError, TypeError, KeyError):
        return {}


def _sent(name: str) -> str:
    return read_script("ops.mounts", name)


FSTAB = Question("fstab", "[ ! -e /etc/fstab ] || base64 /etc/fstab", base64.b64decode)
KERNEL = Question("kernel", _sent("module.sh"), str.split)
INSTALLED = installed("mount_packages", *PACKAGES)
ACTIVE = Question(
    "automounts",
    f"systemctl list-units --plain --no-legend --state=active '{_UNITS}*.automount'",
    lambda text: frozenset(line.split()[0] for line in text.splitlines()),
)
FILES = Question("mount_files", _sent("files.sh"), _parse_files, (CREDENTIALS, HUB_FILE, DROP_IN))
POINTS = Question("mount_points", _sent("points.sh"), _parse_points, (MOUNTS,))
STALE = Question(
    "outdated_mounts",
    _sent("outdated.sh"),
    lambda text: frozenset(text.split()),
    (MOUNTS, OUTDATED),
)
OFFERED = Question("offered_mounts", f"[ ! -e {HUB_FILE} ] || cat {HUB_FILE}", _parse_offered)


def target_question(mounts: Iterable[Mount]) -> Question[Mapping[str, Target]]:
    """Ask what stands where people look for these mounts."""
    paths = tuple(mount.target for mount in mounts)
    return Question("mount_targets", _sent("targets.sh"), _parse_targets, paths)


def mount_questions(mounts: Iterable[Mount]) -> Questions:
    """Return the questions about these mounts, and about all that were made before."""
    own = (FSTAB, KERNEL, INSTALLED, ACTIVE, FILES, POINTS, STALE, OFFERED)
    return (*own, target_question(mounts), GROUPS)


def parse_mounts(mounts: Iterable[Mount], answers: Answers) -> MountFacts:
    """Put the answers to `mount_questions` together."""
    kernel, module = answers[KERNEL]
    return MountFacts(
        fstab=answers[FSTAB],
        packages=answers[INSTALLED],
        kernel=kernel,
        has_module=module == "module",
        active=answers[ACTIVE],
        files=answers[FILES],
        points=answers[POINTS],
        targets=answers[target_question(mounts)],
        outdated=answers[STALE],
        offered=answers[OFFERED],
        groups=frozenset(answers[GROUPS]),
    )
