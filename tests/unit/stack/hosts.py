"""Hosts and releases that the tests of this room begin with."""

from dataclasses import replace
from pathlib import Path

from ops.plan.command import Change
from ops.settings.config import Config, parse
from ops.stack.facts import DEBIAN_PACKAGES, Container, Stack, System
from ops.stack.release import Release, read_files, render_release

ROOT = Path(__file__).parents[3]
DEBIAN = System(
    os="debian",
    version="13",
    title="Debian GNU/Linux 13 (trixie)",
    packages=frozenset({*DEBIAN_PACKAGES, "iptables", "ca-certificates"}),
    enabled=True,
    active=True,
    compose=(2, 26, 1),
    tools=frozenset({"engine", "docker", "buildx", "rsync"}),
    certificates="none",
)
BARE_DEBIAN = replace(
    DEBIAN,
    packages=frozenset(),
    enabled=False,
    active=False,
    compose=None,
    tools=frozenset(),
)
BARE = Stack(current=None, files={}, token="", publisher=(), containers={}, bases={})


def release(extra: str = "", compose: Path = ROOT / "compose", base: str = "b") -> Release:
    return render_release(read_files(compose), config(extra), base)


def config(extra: str = "") -> Config:
    return parse(f"LAB_HOST=x\n{extra}", ".env", {})


def deployed(it: Release) -> Stack:
    return Stack(
        current=it.folder,
        files=it.digests(),
        token="640 0 13 64",
        publisher=("600 0 0", "640 0 5000", "pair"),
        containers={name: Container(True, True, inputs) for name, inputs in it.inputs.items()},
        bases={},
    )


def sentences(changes: list[Change]) -> list[str]:
    return [change.why for change in changes]
