"""The git program: nothing of the operator's own configuration changes what it does for us."""

import os
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

from ops import interrupts
from ops.errors import SourceError

TIMEOUT = 300.0
"""Seconds for one git command; a first fetch of a large history over a slow line fits in."""

# What the operator's own configuration must not change: line ends and modes of the files, and no
# hook or house-keeping of theirs runs for our mirror.
_SETTINGS = (
    "core.autocrlf=false",
    "core.eol=lf",
    "core.hooksPath=/dev/null",
    "gc.auto=0",
    "maintenance.auto=false",
    # Who fetched when is nobody's business, and what was fetched stays in the pack that it came in.
    "core.logAllRefUpdates=false",
    "fetch.unpackLimit=1",
)
# Set where we run inside a git hook; they would send every command to that other repository.
_FOREIGN = frozenset(
    "GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE GIT_OBJECT_DIRECTORY GIT_COMMON_DIR GIT_NAMESPACE "
    "GIT_ALTERNATE_OBJECT_DIRECTORIES GIT_PREFIX GIT_SHALLOW_FILE".split()
)
# The end of each ssh failure; the line before it says what happened.
_BOILERPLATE = (
    "fatal: Could not read from remote repository",
    "Please make sure you have",
    "and the repository exists",
)
_CAUSES = ("fatal:", "error:", "error ", "remote:", "git@", "batch response")


class SourceTimeoutError(SourceError):
    """A repository did not answer in time; asking again at once would not help."""


def git(
    *args: str,
    folder: Path | None = None,
    url: str | None = None,
    timeout: float = TIMEOUT,
    settings: Sequence[str] = (),
) -> bytes:
    """Run git and return what it prints; `url` is the repository that an error names."""
    given = [word for setting in (*_SETTINGS, *settings) for word in ("-c", setting)]
    place = ["-C", str(folder)] if folder else []
    process: subprocess.Popen[bytes] | None = None
    try:
        # A session of its own: no terminal for ssh or git to ask on, and a time-out ends them all.
        with interrupts.held_back():
            process = subprocess.Popen(
                ["git", *given, *place, *args],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=_environment(url),
                start_new_session=True,
            )
        out, err = process.communicate(timeout=timeout)
    except FileNotFoundError:
        raise SourceError("git is not installed on this machine: apt install git") from None
    except BaseException as error:
        if process:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        if isinstance(error, subprocess.TimeoutExpired):
            raise SourceTimeoutError(
                f"{url or folder} did not answer within {timeout:g} s"
            ) from None
        raise
    if process.returncode:
        raise SourceError(_failure(args[0], err.decode(errors="replace"), url))
    return out


def _environment(url: str | None) -> dict[str, str]:
    # A submodule of a repository from the network must not name a folder of this machine.
    is_local = url is None or url.startswith("file://") or Path(url).is_absolute()
    protocols = ["http", "https", "ssh"] + ["file"] * is_local
    return {name: value for name, value in os.environ.items() if name not in _FOREIGN} | {
        "LC_ALL": "C",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_LFS_SKIP_SMUDGE": "0",
        "GIT_ALLOW_PROTOCOL": ":".join(protocols),
    }


def _failure(action: str, said: str, url: str | None) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    telling = [line for line in lines if not line.startswith(_BOILERPLATE)] or lines or ["nothing"]
    if action == "fetch" and url is not None:
        return f"git cannot read {url}; it said: {telling[-1]} (try: git ls-remote --tags {url})"
    # Of a submodule, and of a file, the first line tells; git goes on to say what that means.
    causes = [line for line in telling if line.lower().startswith(_CAUSES)] or telling[-1:]
    return f"git {action} failed; it said: {causes[0]}"
