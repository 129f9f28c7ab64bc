"""Debian packages: which ones a host has, and how one is installed."""

from ops.remote.command import Change, run

INSTALLED = "dpkg-query -W -f '${db:Status-Status} ${Package}\\n' \"$@\""
"""Shell that lists those of its arguments that the host knows, for `parse_installed`."""

_APT = ("apt-get", "--quiet=2", "-o", "DPkg::Lock::Timeout=300", "-o", "Dpkg::Use-Pty=0")


def parse_installed(text: str) -> frozenset[str]:
    """Read what `INSTALLED` printed."""
    lines = [line.split() for line in text.splitlines()]
    return frozenset(words[1] for words in lines if words[0] == "installed")


def install(why: str, *packages: str) -> Change:
    """Install packages of the host's own distribution, and nothing that they only recommend."""
    return Change(
        why,
        (
            run(*_APT, "update"),
            run(*_APT, "install", "--yes", "--no-install-recommends", *packages),
        ),
    )
