"""Debian packages: which ones a host has, and how one is installed."""

from ops.plan.command import Change, run
from ops.plan.files import read_script
from ops.plan.question import Question

_APT = ("apt-get", "--quiet=2", "-o", "DPkg::Lock::Timeout=300", "-o", "Dpkg::Use-Pty=0")


def installed(key: str, *packages: str) -> Question[frozenset[str]]:
    """Ask which of these packages are installed."""
    return Question(key, read_script("ops.plan", "packages.sh"), _parse, packages)


def _parse(text: str) -> frozenset[str]:
    lines = [line.split() for line in text.splitlines()]
    return frozenset(words[1] for words in lines if words[0] == "installed")


def install(why: str, *packages: str) -> Change:
    """Install packages of the host's own distribution, and nothing that they only recommend.

    It fails where another package would have to go.
    """
    return Change(
        why,
        (
            run(*_APT, "update"),
            run(*_APT, "install", "--yes", "--no-remove", "--no-install-recommends", *packages),
        ),
    )
