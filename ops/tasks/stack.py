"""Tasks of the stack: deploy, mounts, what members read, and back to what ran before."""

from invoke import Context, task

from ops.tasks.run import WAIT, opened


@task(
    help={
        "check": "try a new release as a member would (--no-check believes that it works)",
        "wait": WAIT,
    },
)
def deploy(context: Context, check: bool = True, wait: bool = False) -> None:
    """Make the host a running lab hub, or update it.

    Only what differs is touched, and running labs go on. A new release has to start and to pass
    `inv check`; else what ran before is put back.

    Example:

        inv deploy
        inv --dry deploy            # what would be done, with its commands
    """
    with opened(context) as lab:
        from ops.stack.walks import deploy

        deploy(lab, wait, check=check)


@task(help={"wait": WAIT})
def upgrade(context: Context, wait: bool = False) -> None:
    """Move the hub to the JupyterHub of this checkout.

    After a backup, and with the database kept for `inv rollback`. Labs go on.

    Example:

        inv upgrade
    """
    with opened(context) as lab:
        from ops.backup.entry import back_up_as_configured
        from ops.stack.walks import upgrade

        upgrade(lab, wait, lambda host: back_up_as_configured(host, lab, wait))


@task(help={"check": "only look, also at what differs from .env", "wait": WAIT})
def mounts(context: Context, check: bool = False, wait: bool = False) -> None:
    """Mount the file server's shares, and prove them.

    On the host and in every lab; what is new is tried before anything is written.

    Example:

        inv mounts
        inv mounts --check          # only look
    """
    with opened(context) as lab:
        from ops.apply import order
        from ops.mounts.errors import trials_explained
        from ops.mounts.walk import prove

        mounts = lab.config.mounts
        with lab.host() as host, trials_explained(mounts):
            prove(host, mounts, order("mounts", wait), only_look=check, dry=lab.dry)


@task
def releases(context: Context) -> None:
    """Show what ran on the host before, and what runs now.

    Example:

        inv releases
    """
    with opened(context) as lab:
        from ops.stack.walks import show_releases

        show_releases(lab)


@task(
    help={
        "to": "a release, or how its name begins; without, the one before",
        "when_idle": "where labs have to be stopped for it, wait until nothing runs in them",
        "force": "where labs have to be stopped for it, stop them",
        "wait": WAIT,
    },
)
def rollback(
    context: Context,
    to: str = "",
    when_idle: bool = False,
    force: bool = False,
    wait: bool = False,
) -> None:
    """Go back to what ran before.

    Labs go on, and the hub has to answer as after a deploy; else what runs is put back. Only with
    an older JupyterHub those have to be stopped that began after the upgrade.

    Example:

        inv rollback
        inv rollback --to 78c1ab
    """
    with opened(context) as lab:
        from ops.stack.back import Consent, go_back

        go_back(lab, to, Consent(force, when_idle), wait)


@task(
    help={
        "text": "what members are to read; --clear takes it away, --show says what stands there",
        "wait": WAIT,
    },
)
def announce(context: Context, text: str, wait: bool = False) -> None:
    """Show a sentence on every page of the hub, at once.

    Example:

        inv announce "hub update at 17:00"
        inv announce --clear
    """
    with opened(context) as lab:
        from ops.stack.walks import announce

        # Invoke knows no argument that may be left out: --clear comes in the place of the text.
        announce(lab, text, wait)
