"""The lab hub's tasks: `inv` alone shows them, `inv --help TASK` explains one."""

from invoke import Collection, Context, task

from ops.console import say
from ops.tasks import backups, images, members, stack, upkeep
from sandbox.tasks import namespace as sandbox

PURPOSES = {
    "Is all well?": (upkeep.status, upkeep.check, upkeep.doctor, upkeep.labs),
    "The hub": (stack.deploy, stack.mounts, stack.announce),
    "Members": (
        *(members.add_user, members.users, members.groups, members.passwd),
        *(members.disable_user, members.enable_user, members.remove_user, members.restore_user),
    ),
    "Images of labs": (images.push, images.images, images.tag, images.remove_tag, images.prune),
    "Another version of the hub": (stack.upgrade, stack.releases, stack.rollback),
    "When the host is lost": (backups.backup, backups.restore),
    "What happened, and by hand": (upkeep.logs, upkeep.audit, upkeep.ssh, upkeep.exec_in_lab),
}
"""`inv --list` knows only the order of the alphabet."""


@task
def overview(_: Context) -> None:
    """Show all tasks by what they are for, as inv does.

    Example:

        inv overview
    """
    for purpose, tasks in PURPOSES.items():
        say(purpose, "bold")
        for it in tasks:
            first, _, _ = (it.__doc__ or "").partition("\n")
            say(f"  {it.name.replace('_', '-'):<14}  {first}")
        say()
    say("inv --help TASK explains one, with an example.")


namespace = Collection(*(it for tasks in PURPOSES.values() for it in tasks), sandbox)
namespace.add_task(overview, default=True)
