"""From one JupyterHub to another, and back: may it be, and what does it mean for labs that run?"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from ops.errors import OperationError, UsageError
from ops.remote.framing import Answers
from ops.remote.script import Question
from ops.stack.database import KEPT, is_older, refuse_other_version
from ops.stack.releases import UNKNOWN, Release, Releases
from ops.status import running
from ops.status.running import Lab, parse_labs
from ops.words import listed

LABS = Question(
    "lab_versions",
    "docker ps --quiet --filter label=labhub.lab | xargs -r docker inspect --format "
    '\'{{index .Config.Labels "labhub.lab"}} {{index .Config.Labels "labhub.jupyterhub"}}\'',
)


def needs_upgrade(has: str | None, wanted: str, where: str) -> bool:
    """Tell whether the hub of a host is to get another version of JupyterHub.

    :raises OperationError: where nothing is deployed, or what runs is newer.
    """
    if has is None:
        raise OperationError(f"Nothing is deployed on {where} that could be upgraded: inv deploy")
    if is_older(wanted, has):
        refuse_other_version(has, wanted)
    return has != wanted


def older_labs(answers: Answers, version: str) -> Iterator[tuple[str, str]]:
    """Return the members whose labs hold an older JupyterHub than the hub, each with it."""
    for line in sorted(answers["lab_versions"].splitlines()):
        member, _, has = line.partition(" ")
        if has and is_older(has, version):
            yield member, has


WAY_BACK = (*running.QUESTIONS, Question("kept", f"cd {KEPT} && stat -c '%Y %n' *.sqlite"))


def labs_lost(to: Release, releases: Releases, answers: Answers) -> tuple[Lab, ...]:
    """Return the labs of which a database does not know that comes back with an older JupyterHub.

    `answers` are those to `WAY_BACK`.
    """
    has = releases.jupyterhub
    if UNKNOWN in (has, to.jupyterhub) or not is_older(to.jupyterhub, has):
        return ()
    lines = (line.partition(" ") for line in answers["kept"].splitlines())
    kept = {name: int(time) for time, _, name in lines}.get(f"{to.jupyterhub}.sqlite", 0)
    labs = parse_labs(answers)
    return tuple(it for it in labs if datetime.fromisoformat(it.since).timestamp() > kept)


def refuse_to_lose(labs: Sequence[Lab]) -> None:
    """Let nobody's lab be stopped unasked.

    :raises UsageError: with whose it would be.
    """
    if labs:
        raise UsageError(
            f"What began after the upgrade is not in the hub's database from before, and would be "
            f"stopped: the lab of {listed([it.member for it in labs])}. --when-idle waits until "
            "nothing runs there, --force stops it now"
        )
