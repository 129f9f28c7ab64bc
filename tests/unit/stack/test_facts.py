from dataclasses import replace

import pytest

from ops.errors import FactError
from ops.plan.tools import TOOLS
from ops.stack.facts import (
    CERTIFIED,
    COMPOSE,
    ENGINE,
    INSTALLED,
    OS,
    STACK,
    SYSTEM,
    parse_stack,
    parse_system,
    parse_version,
)
from tests.unit.answers import answered
from tests.unit.stack.hosts import BARE, DEBIAN


def test_system_is_read_from_what_a_host_prints() -> None:
    texts = {
        OS: "debian\n13\nDebian GNU/Linux 13 (trixie)",
        INSTALLED: "installed docker.io\nconfig-files rsync\nnot-installed docker-cli",
        ENGINE: "ActiveState=active\nUnitFileState=enabled",
        COMPOSE: "2.26.1-4",
        TOOLS: "engine\ndocker\nrsync\nbuildx",
        CERTIFIED: "abc  -",
    }
    assert parse_system(answered(SYSTEM, texts)) == replace(
        DEBIAN, packages=frozenset({"docker.io"}), certificates="abc"
    )


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("2.26.1-4", (2, 26, 1)),
        ("v2.20.0", (2, 20, 0)),
        ("2.24.6+ds1-0ubuntu2", (2, 24, 6)),
        ("", None),
        ("docker: 'compose' is not a docker command", None),
    ],
)
def test_versions(text: str, version: tuple[int, ...] | None) -> None:
    assert parse_version(text) == version


def test_a_bare_hosts_answers_are_a_bare_stack() -> None:
    assert parse_stack(answered(STACK, {})) == BARE


@pytest.mark.parametrize("text", ["debian", "debian\n13"])
def test_a_system_that_does_not_say_all_is_an_error(text: str) -> None:
    with pytest.raises(FactError, match="told of its system what cannot be understood"):
        parse_system(answered(SYSTEM, {OS: text}))


def test_a_host_that_is_no_linux_is_told_so() -> None:
    with pytest.raises(FactError, match="is it a Linux server"):
        parse_system(answered(SYSTEM, {}))
