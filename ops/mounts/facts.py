"""Mounts of a host: the questions, and the parser of their answers."""

import base64
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ops.mounts.fstab import CREDENTIALS
from ops.names import MOUNTS, mount_point
from ops.packages import INSTALLED, parse_installed
from ops.remote.framing import Answers
from ops.remote.script import Question
from ops.settings.shares import Mount
from ops.stack import hub_files

HUB_FILE = f"{hub_files.FOLDER}/mounts.json"
OUTDATED = "/run/labhub/outdated"
"""A note for each mount that is older than its line in fstab or its login; a boot ends them all."""

PACKAGES = ("cifs-utils", "e2fsprogs")
"""mount.cifs, and chattr, with which a mount point is closed."""

_UNITS = "srv-labhub-"
DROP_IN = f"/etc/systemd/system/{_UNITS}.mount.d/labhub.conf"
"""systemd reads it for every unit whose name begins so."""

_POINTS = f"""\
for folder in {MOUNTS}/*/; do
  [ -d "$folder" ] || continue
  point=${{folder}}share
  if grep -qF " $point " /proc/self/mountinfo; then state=mounted
  elif [ ! -d "$point" ]; then state=missing
  elif [ -n "$(ls -A "$point")" ]; then state=filled
  else
    state=$(stat -c %a:%u "$point")
    case $(lsattr -d "$point" 2>/dev/null) in ''|????i*) ;; *) state=mutable;; esac
  fi
  printf '%s %s\\n' "$(basename "$folder")" "$state"
done
"""
# What a share was mounted from may have been replaced on the file server; only mounting it anew
# helps. A kernel calls it stale or, at a place where something is mounted, not there. All are
# asked at once, and a silent file server is not waited for.
_STALE = f"""\
for folder in {MOUNTS}/*/; do
  point=${{folder}}share
  grep -qE " $point .* - cifs " /proc/self/mountinfo || continue
  (timeout -k 1 3 stat "$point/" 2>&1 | grep -qE 'Stale|No such file' &&
    basename "$folder") &
done
wait
"""
# What is below a mount that is dead would be waited for: /proc is asked before the path is.
_TARGETS = """\
for path in "$@"; do
  source=$(awk -v path="$path" '$5 == path { for (i = 6; i < NF; i++) if ($i == "-") s = $(i + 2) }
    END { print s }' /proc/self/mountinfo)
  if [ -n "$source" ]; then printf '%s|mount|%s\\n' "$path" "$source"
  elif [ -L "$path" ]; then printf '%s|link|%s\\n' "$path" "$(readlink "$path")"
  elif [ -d "$path" ] && [ -z "$(ls -A "$path")" ]; then printf '%s|empty|\\n' "$path"
  elif [ -e "$path" ]; then printf '%s|%s|\\n' "$path" "$(stat -c %F "$path")"
  fi
done
"""


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


def mount_questions(mounts: Iterable[Mount]) -> tuple[Question, ...]:
    """Return the questions about these mounts, and about all that were made before."""
    files = f"{CREDENTIALS} {HUB_FILE} {DROP_IN}"
    return (
        Question("fstab", "base64 -w0 /etc/fstab"),
        Question(
            "cifs",
            "uname -r; if grep -qw cifs /proc/filesystems || modprobe -nq cifs; then echo module; "
            "else echo none; fi",
        ),
        Question("mount_packages", INSTALLED, PACKAGES),
        Question(
            "mount_units",
            f"systemctl list-units --plain --no-legend --state=active '{_UNITS}*.automount'",
        ),
        Question(
            "mount_files",
            f"find {files} -type f -exec stat -c '%a %U:%G %n' {{}} + ; "
            f"find {files} -type f -exec sha256sum {{}} +",
        ),
        Question("mount_points", _POINTS),
        Question("mount_targets", _TARGETS, tuple(mount.target for mount in mounts)),
        Question("mounts_outdated", f"ls {OUTDATED}\n{_STALE}"),
        Question("mounts_offered", f"cat {HUB_FILE}"),
        Question("group", "getent group"),
    )


def parse_mounts(answers: Answers) -> MountFacts:
    """Read the answers to `mount_questions`."""
    kernel, module = answers["cifs"].split()
    targets = {}
    for line in answers["mount_targets"].splitlines():
        path, kind, leads_to = line.split("|", 2)
        targets[path] = Target(kind, leads_to)
    return MountFacts(
        fstab=base64.b64decode(answers["fstab"]),
        packages=parse_installed(answers["mount_packages"]),
        kernel=kernel,
        has_module=module == "module",
        active=frozenset(line.split()[0] for line in answers["mount_units"].splitlines()),
        files=_files(answers["mount_files"]),
        points=dict(line.rsplit(" ", 1) for line in answers["mount_points"].splitlines()),
        targets=targets,
        outdated=frozenset(answers["mounts_outdated"].split()),
        offered=_offered(answers["mounts_offered"]),
        groups=frozenset(line.partition(":")[0] for line in answers["group"].splitlines()),
    )


def _files(text: str) -> dict[str, File]:
    digests, modes = {}, {}
    for line in text.splitlines():
        first, _, rest = line.partition(" ")
        if len(first) == 64:
            digests[rest.strip()] = first
        else:
            owner, _, path = rest.partition(" ")
            modes[path] = (first, owner)
    return {path: File(*modes[path], sha256) for path, sha256 in digests.items() if path in modes}


def _offered(text: str) -> dict[str, str]:
    """Return the target of each mount that labs are offered; nothing where it is not readable."""
    try:
        return {item["name"]: item["target"] for item in json.loads(text or "[]")}
    except (ValueError, TypeError, KeyError):
        return {}
