"""A shell on the host, or in a member's lab: what OpenSSH is to run there."""

import shlex
from collections.abc import Sequence

from ops.remote.command import Shell, run_attended
from ops.remote.script import AUDIT_LOG

# sudo asks for its password on the operator's own terminal; `docker exec` makes the other one.
_ENTER = """\
docker inspect "$1" >/dev/null 2>&1 || { echo "$1 does not run" >&2; exit 44; }
mkdir -p "${3%/*}"
printf '%s\\t%s\\tinv exec\\tdone\\tEnter %s\\n' "$(date -Is)" "$2" "$1" >> "$3"
exec docker exec --interactive --tty "$1" bash --login
"""
_RUN = """\
[ "$(docker inspect -f '{{.State.Running}}' "$1" 2>/dev/null)" = true ] || exit 44
exec docker exec "$1" bash -lc "$2"
"""


def enter(container: str, who: str) -> list[str]:
    """Return the command that opens a shell in a lab, for a terminal of the host."""
    script = ["sudo", "sh", "-c", _ENTER, "enter", container, who, AUDIT_LOG]
    return [shlex.join(script)]


def run_in(container: str, command: str) -> Shell:
    """Return the step that runs a command in a lab, as its member."""
    return run_attended("bash", "-c", _RUN, "run", container, command)


def first_word(command: str) -> str:
    """Return what of a command may stand in a log: its arguments may be secret."""
    words: Sequence[str] = command.split(maxsplit=1)
    return words[0][:40] if words else "nothing"
