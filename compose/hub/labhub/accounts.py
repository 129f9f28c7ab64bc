"""Facts about the host's accounts: who exists, and as which user and groups their lab runs."""

from dataclasses import dataclass
from pathlib import Path
from stat import S_ISDIR

from .names import account, home, name_problem

FIRST_UID = 1000
NOBODY = 65534


class AccountError(Exception):
    """Why a member cannot have a lab, in one sentence."""


@dataclass(frozen=True)
class Group:
    """One group of the host."""

    name: str
    gid: int


@dataclass(frozen=True)
class Account:
    """A member's account on the host; the first group is the account's own."""

    name: str
    uid: int
    groups: tuple[Group, ...]
    home: str

    @property
    def gid(self) -> int:
        """The number of the account's own group."""
        return self.groups[0].gid


def is_ordinary(uid: int) -> bool:
    """Tell whether a uid belongs to a person, neither to the system nor to nobody."""
    return uid >= FIRST_UID and uid != NOBODY


def home_owner(name: str, root: Path = Path("/")) -> int | None:
    """Return who owns the member's home, None where it does not exist or is no folder.

    Asked anew each time: /home is mounted as a folder and so never stale, other than a mounted
    /etc/passwd, of which the hub would keep the version it started with.
    """
    if name_problem(name):
        return None
    try:
        found = (root / home(name).lstrip("/")).lstat()
    except OSError:
        return None
    return found.st_uid if S_ISDIR(found.st_mode) else None


def has_account(name: str, root: Path = Path("/")) -> bool:
    """Tell whether a member of this name may log in."""
    owner = home_owner(name, root)
    return owner is not None and is_ordinary(owner)


def find_account(name: str, owner: int | None, passwd: str, group: str) -> Account:
    """Return the member's account out of the host's passwd and group files.

    `owner` is the owner of the home. AccountError where the two disagree, or where the lab
    would run as root or as one of the system's users.
    """
    if name_problem(name) or owner is None:
        raise AccountError(f"{name} has no account on this server any more.")
    fields = _passwd_fields(account(name), passwd)
    if fields is None:
        raise AccountError(f"The server has a home but no account for {name}.")
    uid, gid = int(fields[2]), int(fields[3])
    if uid != owner:
        raise AccountError(f"The home of {name} belongs to uid {owner}, the account is {uid}.")
    if not is_ordinary(uid) or gid == 0:
        raise AccountError(f"The account of {name} is one of the system's; it can have no lab.")
    return Account(account(name), uid, _groups(account(name), gid, group), home(name))


def _passwd_fields(login: str, passwd: str) -> list[str] | None:
    for line in passwd.splitlines():
        fields = line.split(":")
        if fields[0] == login and len(fields) == 7 and (fields[2] + fields[3]).isdecimal():
            return fields
    return None


def _groups(login: str, gid: int, text: str) -> tuple[Group, ...]:
    own, others = Group(login, gid), []
    for line in text.splitlines():
        fields = line.split(":")
        if len(fields) != 4 or not fields[2].isdecimal():
            continue
        found = Group(fields[0], int(fields[2]))
        if found.gid == gid:
            own = found
        # Root's group would make the image's own system files writable.
        elif login in fields[3].split(",") and found.gid != 0:
            others.append(found)
    return (own, *others)
