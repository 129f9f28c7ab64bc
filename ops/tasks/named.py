"""Which members a task is about, and the connection on which something is done about them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from invoke import Context

from ops.errors import UsageError
from ops.tasks.run import opened

if TYPE_CHECKING:
    from ops.lab import Lab
    from ops.members.walks import Walks


@contextmanager
def named(
    context: Context, name: list[str], file: str, wait: bool
) -> Iterator[tuple["Walks", list[str]]]:
    """Connect, for what is done about the members of these names; wrong ones are told before."""
    with opened(context) as lab:
        wanted = names_of(name, file)
        with walks(lab, wait) as walk:
            yield walk, wanted


@contextmanager
def walks(lab: "Lab", wait: bool = False) -> Iterator["Walks"]:
    """Connect, for what is done about members."""
    from ops.members.walks import Walks
    from ops.stack.deploy import hub_url

    with lab.host() as host:
        yield Walks(host, hub_url(lab.config, host.address), wait=wait, dry=lab.dry)


def names_of(names: list[str], file: str) -> list[str]:
    """Read names from arguments and a file."""
    from ops.members.accounts import read_members

    return [member.name for member in read_members(names, text_of(file), "")]


def text_of(file: str) -> str:
    """Read a file that an operator names; none is empty."""
    if not file:
        return ""
    try:
        return Path(file).expanduser().read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} cannot be read: {error}") from error
