"""The lab hub's tasks: `inv --list` shows them, `inv --help TASK` explains one.

Imports stand inside the tasks: `inv --list` must not wait for SSH libraries.
"""

from ops import interrupts

interrupts.install()

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from invoke import Collection, Context, task

from ops.console import errors_as_sentences
from sandbox.tasks import namespace as sandbox

if TYPE_CHECKING:
    from ops.lab import Lab

ROOT = Path(__file__).parent
WAIT = "wait in line when another operator is changing the host"


@contextmanager
def lab(context: Context) -> Iterator["Lab"]:
    try:
        with errors_as_sentences():
            from ops.lab import Lab

            yield Lab(ROOT, dry=context.config.run.dry)
    finally:
        # The process ends now. Without this Python first looks through all modules for garbage
        # cycles, which takes longer (60 ms) than most of what a task asks of a host.
        gc.freeze()


@task(help={"wait": WAIT})
def deploy(context: Context, wait: bool = False) -> None:
    """Make the host a running lab hub, or bring it up to date: only what differs is touched."""
    with lab(context) as it:
        it.deploy(wait)


@task(
    iterable=["name"],
    help={
        "name": "a member's name; may be given more than once",
        "file": "a file with one name a line",
        "groups": "groups beside `users`, separated by commas; missing ones are created",
        "wait": WAIT,
    },
)
def add_user(
    context: Context,
    name: list[str],
    file: str = "",
    groups: str = "",
    wait: bool = False,
) -> None:
    """Give members an account on the host; they can log in to the hub at once."""
    with lab(context) as it:
        it.add_users(name, file, groups, wait)


@task(help={"check": "only look, also at what differs from .env", "wait": WAIT})
def mounts(context: Context, check: bool = False, wait: bool = False) -> None:
    """Mount the file server's shares on the host and in the labs, and prove that they work."""
    with lab(context) as it:
        it.mounts(check, wait)


@task(
    help={
        "tag": "the version: a git tag of the package, or its version on PyPI",
        "ref": "instead of a tag: a branch or commit, for work in progress",
        "as": "the image's tag, where it is not to be that of git",
        "note": "a line for those who choose, shown beside it",
        "latest": "make it what `latest` means, although that is newer, or this no release",
        "no-latest": "leave `latest` as it is",
        "force": "replace what has this tag; the same content is built anew, with today's Debian",
        "forget": "instead of all that: take this tag out of the registry",
        "wait": WAIT,
    },
)
def push(
    context: Context,
    tag: str = "",
    ref: str = "",
    as_: str = "",
    note: str | None = None,
    latest: bool = False,
    no_latest: bool = False,
    force: bool = False,
    forget: str = "",
    wait: bool = False,
) -> None:
    """Build the lab image with the analysis package at a tag, test it and publish it."""
    with lab(context) as it:
        from ops.images.wanted import read_wanted, refuse_besides

        if forget:
            refuse_besides(tag, ref, as_, note, latest, no_latest, force)
            it.forget(forget, wait)
            return
        it.push(read_wanted(tag, ref, as_, note), latest, no_latest, force, wait)


namespace = Collection(deploy, add_user, mounts, push, sandbox)
