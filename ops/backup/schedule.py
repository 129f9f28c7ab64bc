"""Operation: a timer of the host's systemd that writes backups, by the same code as the task."""

import hashlib
import json
from collections.abc import Iterator, Mapping

from ops.backup.tools import FOLDER, PACKAGE
from ops.errors import UsageError
from ops.remote.command import Change, Secret, Upload, run
from ops.remote.framing import Answers
from ops.remote.script import Question

OFF = "off"
TIMES = ("daily", "weekly", OFF)
REQUEST = "/etc/labhub/backup.json"
SERVICE = "/etc/systemd/system/labhub-backup.service"
TIMER = "/etc/systemd/system/labhub-backup.timer"
_UNIT = "labhub-backup.timer"

SCHEDULE = (
    Question("schedule-files", 'sha256sum "$@"', (REQUEST, SERVICE, TIMER)),
    Question("schedule-timer", 'systemctl is-enabled "$1"; systemctl is-active "$1"', (_UNIT,)),
)

_SERVICE = f"""\
[Unit]
Description=Backup of the lab hub
After=docker.service remote-fs.target

[Service]
Type=oneshot
UMask=0077
WorkingDirectory={FOLDER}
ExecStart=/usr/bin/python3 -B -m {PACKAGE} {REQUEST}
"""
_TIMER = """\
[Unit]
Description=Backups of the lab hub, {when}

[Timer]
OnCalendar={when}
RandomizedDelaySec=15min
Persistent=true

[Install]
WantedBy=timers.target
"""


def read_time(text: str) -> str:
    """Check how often backups are to be written.

    :raises UsageError: where there is no such word.
    """
    if text not in TIMES:
        raise UsageError(f"--schedule should be {', '.join(TIMES[:-1])} or {OFF}, not {text!r}")
    return text


def ensure_schedule(when: str, request: Mapping[str, object], answers: Answers) -> Iterator[Change]:
    """Let the host write backups by itself, or no more."""
    lines = (line.partition("  ") for line in answers["schedule-files"].splitlines())
    found = {path: digest for digest, _, path in lines}
    if when == OFF:
        if found:
            disable = run("systemctl", "disable", "--now", _UNIT)
            steps = (
                *((disable,) if TIMER in found else ()),
                run("rm", "-f", "--", REQUEST, SERVICE, TIMER),
                run("systemctl", "daemon-reload"),
            )
            yield Change("Write backups on the host no more; those that there are stay", steps)
        return
    wanted = {
        REQUEST: json.dumps({"verb": "store", **request}, indent=1) + "\n",
        SERVICE: _SERVICE,
        TIMER: _TIMER.format(when=when),
    }
    sums = {path: hashlib.sha256(text.encode()).hexdigest() for path, text in wanted.items()}
    is_on = answers["schedule-timer"].split() == ["enabled", "active"]
    if found != sums or not is_on:
        yield Change(
            f"Write backups {when} to {request['folder']} on the host",
            (
                # It may hold the passphrase: without it nobody is there to type it.
                Upload(REQUEST, Secret(wanted[REQUEST]), "0600"),
                *(Upload(path, wanted[path]) for path in (SERVICE, TIMER)),
                run("systemctl", "daemon-reload"),
                run("systemctl", "enable", _UNIT),
                run("systemctl", "restart", _UNIT),
            ),
        )
