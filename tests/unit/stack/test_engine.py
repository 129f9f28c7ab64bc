from dataclasses import replace
from typing import Any

import pytest

from ops.errors import OperationError
from ops.labels import BASE, LAB_BASE
from ops.plan.command import Shell
from ops.stack.engine import base_inputs, ensure_base, ensure_engine
from ops.stack.facts import DEBIAN_PACKAGES
from tests.unit.stack.hosts import BARE_DEBIAN, DEBIAN, sentences


def test_an_engine_that_is_right_is_left_alone() -> None:
    assert list(ensure_engine(DEBIAN)) == []


def test_a_bare_debian_gets_the_engine_of_the_distribution() -> None:
    changes = list(ensure_engine(BARE_DEBIAN))
    assert sentences(changes) == [
        "Install Docker Engine, Compose, buildx and rsync from Debian GNU/Linux 13 (trixie)",
        "Start Docker Engine, now and at every boot",
    ]
    install = str(changes[0].steps[1])
    assert all(package in install for package in DEBIAN_PACKAGES)


def test_ubuntu_gets_its_own_package_names() -> None:
    ubuntu = replace(BARE_DEBIAN, os="ubuntu", version="24.04", title="Ubuntu 24.04.3 LTS")
    install = str(next(ensure_engine(ubuntu)).steps[1])
    assert "docker-compose-v2" in install and "docker-compose " not in install


@pytest.mark.parametrize(
    ("lost", "installs"),
    [
        ({"tools": {"engine", "docker", "buildx"}}, "Install rsync from"),
        ({"tools": {"engine", "docker", "rsync"}}, "Install buildx from"),
        ({"compose": None}, "Install Compose from"),
        (
            {"compose": (1, 29, 2), "tools": {"engine", "docker"}},
            "Install Compose, buildx and rsync from",
        ),
    ],
)
def test_beside_the_distributions_own_engine_what_is_missing_is_installed_alone(
    lost: dict[str, Any], installs: str
) -> None:
    host = replace(DEBIAN, packages=frozenset({"docker.io", "docker-cli"}), **lost)
    (change,) = ensure_engine(host)
    assert change.why.startswith(installs)
    assert "docker.io" not in str(change.steps[1]) and "docker-cli" not in str(change.steps[1])


def test_beside_another_engine_nothing_of_dockers_is_installed() -> None:
    theirs = replace(DEBIAN, packages=frozenset(), tools=frozenset({"engine", "docker", "buildx"}))
    assert sentences(list(ensure_engine(theirs))) == [
        "Install rsync from Debian GNU/Linux 13 (trixie)"
    ]
    for lost, named in (
        ({"compose": None}, "too old: Compose. Install that"),
        (
            {"compose": (2, 19), "tools": frozenset({"engine", "docker"})},
            "too old: Compose and bu",
        ),
        # Snap's has its client where no session finds it.
        ({"compose": None, "tools": frozenset({"engine"})}, "too old: Docker Engine, Compose"),
    ):
        with pytest.raises(OperationError, match=named):
            list(ensure_engine(replace(theirs, **lost)))


def test_a_client_alone_is_no_engine() -> None:
    client = replace(DEBIAN, packages=frozenset({"docker-cli"}), tools=DEBIAN.tools - {"engine"})
    (change,) = ensure_engine(client)
    assert change.why.startswith("Install Docker Engine from") and "docker.io" in str(
        change.steps[1]
    )


def test_another_host_is_right_where_compose_works_already_and_refused_otherwise() -> None:
    fedora = replace(DEBIAN, os="fedora", version="43", title="Fedora 43", packages=frozenset())
    assert list(ensure_engine(fedora)) == []
    for compose in (None, (2, 19, 9)):
        with pytest.raises(OperationError, match=r"Fedora 43 is not supported: .* Compose 2\.20"):
            list(ensure_engine(replace(fedora, compose=compose)))


def test_the_base_is_made_anew_when_its_origin_or_the_sites_certificates_change() -> None:
    wanted = base_inputs("debian:trixie-slim", DEBIAN)
    assert list(ensure_base(BASE, "debian:trixie-slim", wanted, wanted)) == []
    assert [it.why for it in ensure_base(LAB_BASE, "debian:bookworm-slim", wanted, None)] == [
        "Make the base of lab images from debian:bookworm-slim"
    ]
    ((make,),) = (it.steps for it in ensure_base(BASE, "debian:trixie-slim", wanted, "other"))
    assert isinstance(make, Shell)
    assert make.args[-2:] == (f"labhub.inputs={wanted}", "labhub.origin=debian:trixie-slim")
    assert base_inputs("other", DEBIAN) != wanted
    assert base_inputs("debian:trixie-slim", replace(DEBIAN, certificates="one")) != wanted
