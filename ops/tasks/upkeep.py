"""Tasks of looking after a host: how it is, what happened, a way in."""

import os
from datetime import datetime

from invoke import Context, task

from ops import console
from ops.console import errors_as_sentences
from ops.tasks.run import ROOT, WAIT, end_with, opened

SINCE = 'a while such as 30m, 2h, 3d, or a time as "2026-11-20 08:00"'
GREP = "only what fits a regular expression"


@task(
    help={
        "json": "everything that is known, for programs",
        "watch": "look again every few seconds, until Ctrl-C",
    },
)
def status(context: Context, json: bool = False, watch: bool = False) -> None:
    """Show on one page how the host is.

    The exit code is 1 where something needs attention.

    Example:

        inv status
        inv status --watch
    """
    with opened(context) as lab:
        from ops.status.walk import show

        with lab.host() as host:
            is_right = show(host, lab.compose, as_json=json, watch=watch)
    end_with(0 if is_right else 1)


@task(help={"json": "for programs"})
def doctor(context: Context, json: bool = False) -> None:
    """Find what is wrong, and what mends it.

    From this machine over SSH, disk, clock, engine and services to the members' page.

    Example:

        inv doctor
    """
    with errors_as_sentences():
        from ops.doctor.walk import examine

        is_right = examine(ROOT, os.environ, console.ask_password, as_json=json)
    end_with(0 if is_right else 1)


@task(help={"json": "for programs", "wait": WAIT})
def check(context: Context, json: bool = False, wait: bool = False) -> None:
    """Use the hub as a member does, and say what works.

    Signs in, starts a lab, runs a cell; looks at groups, limits, shares. Nothing stays of it.

    Example:

        inv check
    """
    with opened(context) as lab:
        from ops.check.walk import check

        is_right = check(lab, as_json=json, wait=wait)
    end_with(0 if is_right else 1)


@task(help={"json": "for programs"})
def labs(context: Context, json: bool = False) -> None:
    """Show all labs of this folder, each with a verdict.

    A lab is an .env.NAME, and .env the one without a name.

    Example:

        inv labs
        LAB=xps inv status          # one of them
    """
    with errors_as_sentences():
        from ops.status.walk import show_all

        is_right = show_all(ROOT, as_json=json)
    end_with(0 if is_right else 1)


@task(
    help={
        "service": "hub (without it, too), proxy or registry",
        "user": "a member: the log of their lab, also of one that ended by itself",
        "since": SINCE,
        "grep": GREP,
        "lines": "the last so many; without, and without --since and --grep, 100",
        "follow": "go on with what is added, until Ctrl-C",
    },
)
def logs(
    context: Context,
    service: str = "",
    user: str = "",
    since: str = "",
    grep: str = "",
    lines: int = 0,
    follow: bool = False,
) -> None:
    """Show the log of the hub, a service or a member's lab.

    Without its secrets.

    Example:

        inv logs --since 1h --grep error
        inv logs --user alice --follow
    """
    with opened(context) as lab:
        from ops.look.logs import read_wanted
        from ops.look.walks import show_logs

        now = datetime.now().astimezone()
        wanted = read_wanted(service, user, since, grep, lines, follow, now)
        with lab.host() as host:
            show_logs(host, wanted)


@task(
    help={
        "since": SINCE,
        "grep": GREP,
        "lines": "the last so many tasks",
        "json": "for programs",
    },
)
def audit(
    context: Context, since: str = "", grep: str = "", lines: int = 20, json: bool = False
) -> None:
    """Show who changed what on the host, and when.

    Example:

        inv audit --since 7d
    """
    with opened(context) as lab:
        from ops.look.walks import show_audit

        with lab.host() as host:
            show_audit(host, since, grep, lines, json)


@task
def ssh(context: Context) -> None:
    """Open a shell on the host, as the operator.

    Example:

        inv ssh
    """
    with opened(context) as lab:
        from ops.look.walks import enter_host

        enter_host(lab.config)


@task(
    name="exec",
    help={
        "user": "whose lab",
        "command": "run this and end with its exit code; without, a shell on this terminal",
    },
)
def exec_in_lab(context: Context, user: str, command: str = "") -> None:
    """Open a shell in a member's lab, or run a command.

    As that member; the audit log says so.

    Example:

        inv exec --user alice
        inv exec --user alice --command "pip list"
    """
    with opened(context) as lab:
        from ops.apply import order
        from ops.look.walks import enter_lab, run_in_lab

        who = order("exec")
        if not command:
            enter_lab(lab.config, user, who.who)
        with lab.host() as host:
            status = run_in_lab(host, user, command, who)
    end_with(status)
