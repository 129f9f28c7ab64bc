"""The walks of `inv logs`, `inv audit`, `inv ssh` and `inv exec`."""

import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import NoReturn

from ops import console
from ops.errors import OperationError, UsageError
from ops.look import audit, shell
from ops.look.logs import (
    NOT_THERE,
    Wanted,
    fitting,
    read_pattern,
    read_since,
    show_log,
)
from ops.names import name_problem
from ops.remote.connect import ssh_command
from ops.remote.host import Host
from ops.remote.script import Order
from ops.settings.config import Config


def show_logs(host: Host, wanted: Wanted) -> None:
    """Print a log, and with `follow` what is added to it, until Ctrl-C."""
    shown: list[str] = []

    def take(line: str) -> None:
        shown.append(line) if is_held else console.say(line)

    # The last lines of those that fit are known when all are.
    is_held = wanted.pattern is not None and wanted.lines is not None and not wanted.follow
    try:
        status = host.stream(show_log(wanted), fitting(wanted, take))
    except KeyboardInterrupt:
        if not wanted.follow:
            raise
        return
    for line in shown[-(wanted.lines or 0) :]:
        console.say(line)
    if status == NOT_THERE:
        raise OperationError(_no_log(host, wanted))
    if status and not wanted.follow:
        raise OperationError(f"The log of {wanted.name} on {host.where} cannot be read: inv status")


def _no_log(host: Host, wanted: Wanted) -> str:
    if wanted.is_lab:
        return (
            f"{wanted.name} has no lab on {host.where}, and none that ended by itself has left its "
            "log. Who has a lab:  inv users"
        )
    return f"There is no {wanted.name} on {host.where}: first  inv deploy"


def show_audit(host: Host, since: str, grep: str, number: int, as_json: bool) -> None:
    """Print who did what when, the newest last."""
    begin = read_since(since, datetime.now().astimezone()) if since else None
    pattern = read_pattern(grep) if grep else None
    if number < 1:
        raise UsageError("--lines should be 1 or more")
    entries = audit.parse_audit(host.ask((audit.AUDIT,))["audit"])
    found = audit.chosen(entries, begin, pattern, number)
    if as_json:
        console.say(json.dumps([asdict(entry) for entry in found], default=str, indent=1))
    elif not found:
        console.say(f"The audit log of {host.where} has nothing like that.")
    else:
        for line in (line for entry in found for line in audit.lines(entry)):
            console.say(line)


def enter_host(config: Config) -> NoReturn:
    """Become an SSH session of the operator on the host."""
    _become_ssh(config, ())


def enter_lab(config: Config, name: str, who: str) -> NoReturn:
    """Become a shell in a member's lab, as the member."""
    _become_ssh(config, shell.enter(_lab_of(name), who))


def run_in_lab(host: Host, name: str, command: str, order: Order) -> int:
    """Run a command in a member's lab, as the member; return its exit status."""
    why = f"Run {shell.first_word(command)} in the lab of {name}"
    status = host.stream(shell.run_in(_lab_of(name), command), console.say, order, why)
    if status == NOT_THERE:
        raise OperationError(f"{name} has no lab that runs on {host.where}: inv users shows them")
    return status


def _lab_of(name: str) -> str:
    if problem := name_problem(name):
        raise UsageError(problem)
    return f"lab-{name}"


def _become_ssh(config: Config, command: Sequence[str]) -> NoReturn:
    if shutil.which("ssh") is None:
        raise OperationError("ssh is not installed on this machine; install OpenSSH's client")
    terminal = ["-t"] if command else []
    strict = ["-o", "StrictHostKeyChecking=yes"]
    argv = [*ssh_command(config), *strict, *terminal, "--", config.lab_host, *command]
    os.execvp(argv[0], argv)  # noqa: S606  that is what it is for; no shell is in between
