"""Operation: the current release is started at boot, whatever the power cut has left of it.

The engine starts by itself what ran. A container that Compose had just made in the place of another
one, and not yet started, would stay so.
"""

import hashlib
from collections.abc import Iterator

from ops.remote.command import Change, Upload, run
from ops.remote.framing import Answers
from ops.remote.script import Question
from ops.stack.facts import STACK_FOLDER
from ops.stack.release import SETTINGS

UNIT = "labhub.service"
_PATH = f"/etc/systemd/system/{UNIT}"
_ENABLED = f"/etc/systemd/system/multi-user.target.wants/{UNIT}"

BOOT = Question("boot", 'sha256sum < "$1"; readlink "$2"', (_PATH, _ENABLED))

# Without --no-build a release that has lost its images would hold up the boot for minutes.
_CONTENT = f"""\
[Unit]
Description=Registry, proxy and hub of the lab, as the last deploy has left them
Requires=docker.service
After=docker.service network-online.target
ConditionPathExists={STACK_FOLDER}/current/{SETTINGS}

[Service]
Type=oneshot
WorkingDirectory=-{STACK_FOLDER}/current
ExecStart=docker compose --env-file {SETTINGS} up --detach --no-build --remove-orphans

[Install]
WantedBy=multi-user.target
"""


def ensure_boot(answers: Answers) -> Iterator[Change]:
    """Let the host start the current release at boot."""
    digest = hashlib.sha256(_CONTENT.encode()).hexdigest()
    if answers[BOOT.key].split() != [digest, "-", _PATH]:
        steps = (
            Upload(_PATH, _CONTENT),
            run("systemctl", "daemon-reload"),
            run("systemctl", "--quiet", "reenable", UNIT),
        )
        yield Change("Let the host start what runs now at each boot", steps)
