"""Tasks of backups: a lab in one file, and a host made again from it."""

from invoke import Context, task

from ops.tasks.run import WAIT, opened


@task(
    help={
        "to": "a folder here, host:/folder or mount:NAME/folder; as in .env where not given",
        "keep": "how many backups of this lab stay there; as in .env where not given, 0 keeps all",
        "homes": "the members' homes as well",
        "list": "only show what backups there are",
        "schedule": "daily, weekly or off: a timer of the host writes them",
        "wait": WAIT,
    },
)
def backup(
    context: Context,
    to: str = "",
    keep: int = -1,
    homes: bool = False,
    list_: bool = False,
    schedule: str = "",
    wait: bool = False,
) -> None:
    """Write all that makes the lab into one file.

    Logins, accounts, images and labels, while the hub runs; the file is read again to its end.

    Example:

        inv backup --homes
        inv backup --schedule daily   # the host writes them by itself
    """
    with opened(context) as lab:
        from ops.backup.entry import back_up

        back_up(lab, to, keep, homes, schedule, only_list=list_, wait=wait)


@task(
    help={
        "from": "a file here, host:/file or mount:NAME/file",
        "force": "also where the host has members already",
        "wait": WAIT,
    },
)
def restore(context: Context, from_: str, force: bool = False, wait: bool = False) -> None:
    """Make a host what a backup says.

    Bare or not: same logins, numbers, tags and digests. What is damaged is refused first.

    Example:

        inv restore --from backups/labhub-lab-20261120T080000Z.tar.gpg
    """
    with opened(context) as lab:
        from ops.backup.entry import restore

        restore(lab, from_, force=force, wait=wait)
