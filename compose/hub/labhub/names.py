"""Names of members, accounts and image tags: what is valid, and how they are ordered.

The hub has this very file as well (`compose/hub/labhub/names.py`; a test compares the two), so
that the operator's laptop and the hub can never disagree about who may exist. It therefore imports
nothing of `ops`.
"""

import re
from typing import Any

from packaging.version import InvalidVersion, Version

ACCOUNT_PREFIX = "jupyter-"
ACCOUNT_LENGTH = 32
"""Linux' own limit for an account, prefix included."""

EVERYBODY = "users"
"""The group of all members: it may write the shared analysis folder."""
EVERYBODY_GID = 100

CHECK = "labcheck"
"""Who `inv check` is while it looks around; no member can have this name."""

MOUNTS = "/srv/labhub"
"""The folder of all mounts, on the host as in the labs."""

_NAME = re.compile(r"[a-z][a-z0-9_-]*", re.ASCII)
IMAGE = r"[a-z0-9]+([._-][a-z0-9]+)*"
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}", re.ASCII)

RESERVED_NAMES = frozenset(
    "root daemon bin sys sync games man lp mail news uucp proxy www-data backup list irc "
    "nobody nogroup systemd messagebus sshd docker sudo adm staff users shadow".split()
)

PRIVILEGED_GROUPS = frozenset("root sudo wheel adm docker shadow disk kmem lxd".split())


def account(name: str) -> str:
    """Return the host account of a member: ``alice`` → ``jupyter-alice``."""
    return ACCOUNT_PREFIX + name


def home(name: str) -> str:
    """Return the home folder of a member's account on the host."""
    return f"/home/{account(name)}"


def mount_folder(name: str) -> str:
    """Return the folder of a mount that labs bind: a local one, whether or not it is mounted."""
    return f"{MOUNTS}/{name}"


def mount_point(name: str) -> str:
    """Return where a mount's share appears, on the host as in the labs."""
    return f"{mount_folder(name)}/share"


def name_problem(name: str) -> str | None:
    """Say in one sentence why a member cannot have this name; None where it is valid."""
    if not name:
        return "a name cannot be empty"
    if not _NAME.fullmatch(name):
        return (
            f"{name!r} is not a valid name: it must begin with a lower-case letter a-z and hold "
            "only a-z, 0-9, '-' and '_'"
        )
    if len(account(name)) > ACCOUNT_LENGTH:
        limit = ACCOUNT_LENGTH - len(ACCOUNT_PREFIX)
        return f"{name!r} is too long for a name: {len(name)} characters, at most {limit}"
    if name in RESERVED_NAMES:
        return f"{name!r} is reserved for the system; choose another name"
    return None


def group_problem(group: str) -> str | None:
    """Say in one sentence why members cannot be put into this group; None where they can."""
    if not _NAME.fullmatch(group) or len(group) > ACCOUNT_LENGTH:
        return (
            f"{group!r} is not a valid group: it must begin with a lower-case letter a-z and hold "
            f"only a-z, 0-9, '-' and '_', at most {ACCOUNT_LENGTH} characters"
        )
    if group in PRIVILEGED_GROUPS:
        return f"{group!r} gives rights over the host and is not for members"
    return None


def tag_problem(tag: str) -> str | None:
    """Say in one sentence why an image cannot have this tag; None where it is valid."""
    if _TAG.fullmatch(tag):
        return None
    return (
        f"{tag!r} is not a valid image tag: it must begin with a letter, a digit or '_' and hold "
        "at most 128 letters, digits, '_', '.' and '-'"
    )


def image_problem(image: str) -> str | None:
    """Say in one sentence why an image cannot have this name; None where it is valid."""
    if re.fullmatch(IMAGE, image, re.ASCII) and len(image) <= 128:
        return None
    return f"{image!r} is not a valid name of an image: lower-case letters, digits and '_-.'"


def tag_key(tag: str) -> tuple[Any, ...]:
    """Return the sort key of a tag: the larger, the newer (``latest`` above all, 1.10 above 1.9).

    Tags that are no version by PEP 440 come last, with their numbers compared as numbers.
    """
    if tag == "latest":
        return (2,)
    try:
        return (1, Version(tag), tag)
    except InvalidVersion:
        parts = re.split(r"(\d+)", tag)
        return (0, tuple((int(p), "") if p.isdigit() else (-1, p) for p in parts), tag)
