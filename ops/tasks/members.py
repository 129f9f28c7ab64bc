"""Tasks of the members: accounts, groups, logins."""

from invoke import Context, task

from ops.tasks.named import named, names_of, text_of, walks
from ops.tasks.run import WAIT, opened

NAME = "a member's name; may be given more than once"
FILE = "a file with one name a line"


@task(
    iterable=["name"],
    help={
        "name": NAME,
        "file": FILE,
        "groups": "groups beside `users`, separated by commas; missing ones are created",
        "invite": "give out one-time passwords; without, the first password becomes theirs",
        "wait": WAIT,
    },
)
def add_user(
    context: Context,
    name: list[str],
    file: str = "",
    groups: str = "",
    invite: bool = False,
    wait: bool = False,
) -> None:
    """Give members an account; they can log in at once.

    Run again, it repairs what is half made, and adds the groups.

    Example:

        inv add-user --name alice --groups leem,xps --invite
        inv add-user --file newcomers.txt --invite
    """
    with opened(context) as lab:
        from ops.members.accounts import read_members

        members = read_members(name, text_of(file), groups)
        with walks(lab, wait) as walk:
            walk.add(members, invite=invite)


@task(
    help={
        "json": "everything that is known, for programs",
        "sizes": "also how large the homes are (--no-sizes is quicker)",
    },
)
def users(context: Context, json: bool = False, sizes: bool = True) -> None:
    """Show the members: groups, login, activity, lab, home.

    Example:

        inv users
        inv users --json --no-sizes
    """
    with opened(context) as lab, walks(lab) as walk:
        walk.show(as_text=json, sizes=sizes)


@task(iterable=["name"], help={"name": NAME, "file": FILE, "wait": WAIT})
def passwd(context: Context, name: list[str], file: str = "", wait: bool = False) -> None:
    """Give members new one-time passwords.

    Their sessions end, their labs go on.

    Example:

        inv passwd --name alice
    """
    with named(context, name, file, wait) as (walk, wanted):
        walk.invite_again(wanted)


@task(
    iterable=["name"],
    help={
        "name": NAME,
        "file": FILE,
        "add": "groups to be put into, separated by commas; missing ones are created",
        "remove": "groups to be taken out of; labs that were started with one are stopped",
        "wait": WAIT,
    },
)
def groups(
    context: Context,
    name: list[str],
    file: str = "",
    add: str = "",
    remove: str = "",
    wait: bool = False,
) -> None:
    """Put members into groups, and take them out of others.

    Example:

        inv groups --name alice --add xps --remove leem
    """
    with opened(context) as lab:
        from ops.members.groups import read_groups

        wanted, (added, removed) = names_of(name, file), read_groups(add, remove)
        with walks(lab, wait) as walk:
            walk.set_groups(wanted, added, removed)


@task(iterable=["name"], help={"name": NAME, "file": FILE, "wait": WAIT})
def disable_user(context: Context, name: list[str], file: str = "", wait: bool = False) -> None:
    """Keep members out; nothing is deleted.

    No login, no session, no lab, felt at the next click.

    Example:

        inv disable-user --name alice
    """
    with named(context, name, file, wait) as (walk, wanted):
        walk.disable(wanted)


@task(iterable=["name"], help={"name": NAME, "file": FILE, "wait": WAIT})
def enable_user(context: Context, name: list[str], file: str = "", wait: bool = False) -> None:
    """Let disabled members in again.

    With the passwords that they had.

    Example:

        inv enable-user --name alice
    """
    with named(context, name, file, wait) as (walk, wanted):
        walk.enable(wanted)


@task(
    iterable=["name"],
    help={"name": NAME, "file": FILE, "yes": "do not ask", "wait": WAIT},
)
def remove_user(
    context: Context, name: list[str], file: str = "", yes: bool = False, wait: bool = False
) -> None:
    """Take members away; their homes become archives.

    Lab, login and tokens end. The archive stays on the host, compared with the home.

    Example:

        inv remove-user --name alice --name bob
    """
    with named(context, name, file, wait) as (walk, wanted):
        walk.remove(wanted, yes=yes)


@task(
    iterable=["name"],
    help={
        "name": NAME,
        "file": FILE,
        "invite": "give out one-time passwords; without, the first password becomes theirs",
        "wait": WAIT,
    },
)
def restore_user(
    context: Context, name: list[str], file: str = "", invite: bool = False, wait: bool = False
) -> None:
    """Bring removed members back.

    With home, groups and number.

    Example:

        inv restore-user --name alice --invite
    """
    with named(context, name, file, wait) as (walk, wanted):
        walk.restore(wanted, invite=invite)
