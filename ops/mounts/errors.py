"""What mount.cifs and the kernel say, as one sentence with the next step."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from ops.errors import OperationError, StepError
from ops.settings.shares import Mount

# In this order: the kernel's own words tell apart what mount.cifs says alike, such as error 13 for
# a wrong password and for a share that the user may not use. {…} are the mount's.
_REASONS = (
    (
        r"STATUS_LOGON_FAILURE|STATUS_NO_SUCH_USER|STATUS_WRONG_PASSWORD",
        "{server} refuses the user {user}: wrong name, password or domain. Correct {login}",
    ),
    (
        r"STATUS_ACCOUNT_LOCKED_OUT",
        "{server} has locked the user {user} after too many wrong passwords: wait, or have it "
        "unlocked there",
    ),
    (
        r"STATUS_(ACCOUNT_DISABLED|ACCOUNT_EXPIRED|PASSWORD_EXPIRED|PASSWORD_MUST_CHANGE)",
        "the account {user} on {server} is disabled, or its password has expired: have it renewed "
        "there",
    ),
    (
        r"STATUS_(NO_LOGON_SERVERS|TRUSTED_DOMAIN_FAILURE|DOMAIN_CONTROLLER_NOT_FOUND)",
        "{server} cannot ask the domain {domain}: correct SMB_DOMAIN, or have the domain mended",
    ),
    (
        r"BAD_NETWORK_NAME|error\(2\)",
        "{server} has no such share, or not the folder in it: correct {source} in {key}",
    ),
    (
        r"[Uu]nknown parameter '?([\w.-]+)",
        "the kernel knows no option {0}: take it out of {key}",
    ),
    (
        r"error\(22\)|[Ii]nvalid value|[Bb]ad value",
        "the kernel refuses one of the options in {key}: look at vers= and options=",
    ),
    (
        r"error\((95|93)\)|protocol negot|Dialect not supported",
        "{server} does not speak this version of SMB: choose another vers= in {key} (3.0, 2.1; 1.0 "
        "for a very old one), or allow a newer one there",
    ),
    (
        r"error\(19\)|not supported by the system|unknown filesystem type",
        "the host's kernel has no cifs module: apt install linux-image-amd64 there, and reboot",
    ),
    (
        r"could not resolve|Temporary failure in name",
        "no machine of the name {server} is known to the host: correct {key}, or use its address",
    ),
    (
        r"error\(111\)|[Cc]onnection refused",
        "{server} is up, and no file server listens there: start it, or correct {key}",
    ),
    (
        r"error\((101|110|112|113|115)\)|[Hh]ost is down|No route|timed? ?out|unreachable|\baway\b",
        "{server} does not answer: is it switched on, and in the host's network?",
    ),
    (
        r"error\(13\)|[Pp]ermission denied|STATUS_ACCESS_DENIED",
        "the user {user} may not use the share: have it allowed on {server}, or correct {login}",
    ),
    (r"error\(5\)|Input/output error", "{server} broke off: look at its own log"),
)


def explain(mount: Mount, said: str) -> str:
    """Say why a share is not mounted; the last line that was printed where nobody knows it."""
    own = f"SMB_USER_{mount.name.upper()}"
    words = {
        "server": mount.server,
        "user": mount.login.user,
        "domain": mount.login.domain or "(none)",
        "source": mount.share.source,
        "key": mount.key,
        "login": f"SMB_USER, SMB_PASSWORD and SMB_DOMAIN (or {own}, …)",
    }
    for pattern, sentence in _REASONS:
        if found := re.search(pattern, said):
            return sentence.format(*found.groups(), **words)
    last = (said.strip().splitlines() or ["for no known reason"])[-1]
    return f"it is not mounted: {last.removeprefix('failed=')}"


@contextmanager
def trials_explained(mounts: Sequence[Mount]) -> Iterator[None]:
    """Turn the failed trial of a mount into the sentence that its operator needs."""
    try:
        yield
    except StepError as error:
        for mount in mounts:
            if f"try {mount.name}" in error.printed:
                said = "\n".join(error.printed)
                raise OperationError(
                    f"{mount.key}: {explain(mount, said)}.\n  Nothing of the mounts was changed."
                ) from error
        raise
