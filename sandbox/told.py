"""A command in a container, with all that it prints: what the engine loses is asked for again.

On a busy machine the engine now and then ends an exec before it has passed on what a short command
printed. So a command prints into files of the container, and these are read until they have come
whole: the length of what is to come stands first.
"""

import secrets
import subprocess
import time
from collections.abc import Sequence
from typing import cast

from docker.models.containers import Container

from sandbox.engine import SandboxError
from sandbox.patience import ANSWER, Patience

# In memory, and not where a boot or a cleaner of old files takes it away.
_RUN = """\
folder=$1; shift
find /dev/shm/labhub-* -name status -mmin +10 -printf '%h\\n' 2>/dev/null | xargs -r rm -r
(umask 077; mkdir "$folder") && { "$@" >"$folder/out" 2>"$folder/err"; echo $? >"$folder/status"; }
set -- "$folder"
"""
_TELL = """\
cd "$1" && printf '%s %s %s\\n' "$(cat status)" "$(wc -c <out)" "$(wc -c <err)" && cat out err
"""


def run(container: Container, argv: Sequence[str], user: str) -> "subprocess.CompletedProcess[str]":
    """Run a command and return its exit status and all that it printed.

    :raises SandboxError: where the engine never tells it.
    """
    folder = f"/dev/shm/labhub-{secrets.token_hex(6)}"  # noqa: S108 - inside the container
    heard = _exec(container, ["sh", "-c", _RUN + _TELL, "sh", folder, *argv], user)
    patience = Patience(ANSWER)
    while (told := _parse(heard)) is None:
        if patience.is_over():
            raise SandboxError(f"The engine does not tell how {argv[0]} ended, but {heard!r}")
        time.sleep(0.1)
        heard = _exec(container, ["sh", "-c", _TELL, "sh", folder], user)
    status, out, err = told
    return subprocess.CompletedProcess(list(argv), status, _text(out), _text(err))


def _exec(container: Container, argv: Sequence[str], user: str) -> bytes:
    # Without `stream` it is bytes, which the SDK's types do not know.
    return cast(bytes, container.exec_run(list(argv), user=user, stderr=False).output)


def _parse(heard: bytes) -> tuple[int, bytes, bytes] | None:
    head, newline, body = heard.partition(b"\n")
    numbers = head.split()
    if not newline or len(numbers) != 3 or not all(number.isdigit() for number in numbers):
        return None
    status, out, err = (int(number) for number in numbers)
    return (status, body[:out], body[out:]) if len(body) == out + err else None


def _text(printed: bytes) -> str:
    return printed.decode(errors="replace")
