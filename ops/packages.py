"""Debian packages: how one is installed on a host."""

from ops.command import Change, run

_APT = ("apt-get", "--quiet=2", "-o", "DPkg::Lock::Timeout=300", "-o", "Dpkg::Use-Pty=0")


def install(why: str, *packages: str) -> Change:
    """Install packages of the host's own distribution, and nothing that they only recommend."""
    return Change(
        why,
        (
            run(*_APT, "update"),
            run(*_APT, "install", "--yes", "--no-install-recommends", *packages),
        ),
    )
