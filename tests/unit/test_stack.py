import json
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from ops.errors import OperationError
from ops.remote.command import Change, Shell, Step, render_step
from ops.settings.config import Config, parse
from ops.stack.engine import base_inputs, ensure_base, ensure_engine
from ops.stack.facts import (
    DEBIAN_PACKAGES,
    Container,
    Stack,
    System,
    parse_stack,
    parse_system,
    parse_version,
)
from ops.stack.release import SETTINGS, Release, read_files, render_release
from ops.stack.services import ensure_stack

ROOT = Path(__file__).parents[2]
DEBIAN = System(
    os="debian",
    version="13",
    title="Debian GNU/Linux 13 (trixie)",
    packages=frozenset({*DEBIAN_PACKAGES, "iptables", "ca-certificates"}),
    enabled=True,
    active=True,
    compose=(2, 26, 1),
    certificates="none",
)
BARE_DEBIAN = replace(DEBIAN, packages=frozenset(), enabled=False, active=False, compose=None)
NOTHING = dict.fromkeys(("current", "jupyterhub", "release", "token", "objects"), "")
BARE = Stack(current=None, jupyterhub=None, files={}, token="", containers={}, base_inputs=None)


def release(extra: str = "", compose: Path = ROOT / "compose", base: str = "b") -> Release:
    return render_release(read_files(compose), config(extra), base)


def config(extra: str = "") -> Config:
    return parse(f"LAB_HOST=x\n{extra}", ".env", {})


def deployed(it: Release) -> Stack:
    return Stack(
        current=it.folder,
        jupyterhub=it.jupyterhub,
        files=it.digests(),
        token="640 0 13 64",
        containers={name: Container(True, True, inputs) for name, inputs in it.inputs.items()},
        base_inputs=None,
    )


def sentences(changes: list[Change]) -> list[str]:
    return [change.why for change in changes]


def stack_plan(it: Release, facts: Stack) -> list[str]:
    return sentences(list(ensure_stack(it, facts)))


# --- the engine ------------------------------------------------------------------------------


def test_an_engine_that_is_right_is_left_alone() -> None:
    assert list(ensure_engine(DEBIAN)) == []


def test_a_bare_debian_gets_the_engine_of_the_distribution() -> None:
    changes = list(ensure_engine(BARE_DEBIAN))
    assert sentences(changes) == [
        "Install Docker Engine, Compose and buildx from Debian GNU/Linux 13 (trixie)",
        "Start Docker Engine, now and at every boot",
    ]
    install = str(changes[0].steps[1])
    assert all(package in install for package in DEBIAN_PACKAGES)


def test_ubuntu_gets_its_own_package_names() -> None:
    ubuntu = replace(BARE_DEBIAN, os="ubuntu", version="24.04", title="Ubuntu 24.04.3 LTS")
    install = str(next(ensure_engine(ubuntu)).steps[1])
    assert "docker-compose-v2" in install and "docker-compose " not in install


def test_another_host_is_right_where_compose_works_already_and_refused_otherwise() -> None:
    fedora = replace(DEBIAN, os="fedora", version="43", title="Fedora 43", packages=frozenset())
    assert list(ensure_engine(fedora)) == []
    for compose in (None, (2, 19, 9)):
        with pytest.raises(OperationError, match=r"Fedora 43 is not supported: .* Compose 2\.20"):
            list(ensure_engine(replace(fedora, compose=compose)))


def test_the_base_is_made_anew_when_its_origin_or_the_sites_certificates_change() -> None:
    wanted = base_inputs("debian:trixie-slim", DEBIAN)
    assert list(ensure_base("debian:trixie-slim", wanted, wanted)) == []
    assert base_inputs("other", DEBIAN) != wanted
    assert base_inputs("debian:trixie-slim", replace(DEBIAN, certificates="one")) != wanted


# --- the stack -------------------------------------------------------------------------------


def test_nothing_is_to_be_done_where_the_release_runs() -> None:
    assert stack_plan(release(), deployed(release())) == []


def test_a_bare_host_gets_secret_files_images_and_containers() -> None:
    assert stack_plan(release(), BARE) == [
        "Generate the secret shared by hub and proxy",
        f"Copy the stack's files to {release().folder}",
        "Build registry, proxy and hub",
        "Start registry, proxy and hub and wait until the hub answers",
    ]


@pytest.mark.parametrize(
    ("setting", "touched"),
    [
        ("LAB_NAME=Surface science's lab", "hub"),
        ("HUB_ADMINS=alice", "hub"),
        ("IMAGE_NAME=other", "hub"),
        ("HUB_PORT=8080", "proxy"),
    ],
)
def test_a_setting_redeploys_only_the_service_that_it_touches(setting: str, touched: str) -> None:
    changed = release(setting)
    assert stack_plan(changed, deployed(release())) == [
        f"Copy the stack's files to {changed.folder}",
        f"Build {touched}",
        f"Start {touched} and wait until the hub answers",
    ]


@pytest.mark.parametrize(
    "setting",
    [
        *("LAB_SUDO_PASSWORD=x", "MEMORY_LIMIT=8G @xps=16G alice=32G", "CPU_LIMIT=3"),
        *("PROCESS_LIMIT=999", "IDLE_HOURS=1.5"),
    ],
)
def test_a_setting_that_no_service_knows_changes_nothing(setting: str) -> None:
    assert stack_plan(release(setting), deployed(release())) == []


@pytest.mark.parametrize("name", ["hub", "proxy", "registry"])
def test_a_file_redeploys_only_the_service_in_whose_folder_it_is(name: str) -> None:
    files = read_files(ROOT / "compose")
    file = files[f"{name}/Dockerfile"]
    files[f"{name}/Dockerfile"] = replace(file, content=f"{file.content}# changed\n")
    changed = render_release(files, config(), "b")
    assert f"Build {name}" in stack_plan(changed, deployed(release()))


def test_a_new_base_rebuilds_everything() -> None:
    assert "Build registry, proxy and hub" in stack_plan(release(base="n"), deployed(release()))


@pytest.mark.parametrize(
    "ill",
    [Container(False, False, None), Container(True, False, None)],
    ids=["stopped", "unhealthy"],
)
def test_a_service_that_does_not_run_well_is_started(ill: Container) -> None:
    facts = deployed(release())
    hub = replace(ill, inputs=release().inputs["hub"])
    assert stack_plan(release(), replace(facts, containers={**facts.containers, "hub": hub})) == [
        "Start hub and wait until the hub answers"
    ]


def test_a_file_of_the_release_that_was_edited_on_the_host_is_put_back() -> None:
    facts = deployed(release())
    assert stack_plan(release(), replace(facts, files={**facts.files, "compose.yaml": "x"})) == [
        f"Copy the stack's files to {release().folder}"
    ]


@pytest.mark.parametrize("token", ["", "644 0 13 64", "640 0 0 64", "640 0 13 0"])
def test_a_secret_that_is_missing_or_readable_is_repaired(token: str) -> None:
    assert stack_plan(release(), replace(deployed(release()), token=token)) == [
        "Generate the secret shared by hub and proxy"
    ]


def test_what_tools_leave_behind_is_no_part_of_a_release(tmp_path: Path) -> None:
    for leftover in ("__pycache__/a.pyc", ".mypy_cache/x", "hub/.DS_Store", "compose.yaml~"):
        (tmp_path / leftover).parent.mkdir(exist_ok=True)
        (tmp_path / leftover).write_bytes(b"\xff")
    (tmp_path / "compose.yaml").write_text("x")
    assert list(read_files(tmp_path)) == ["compose.yaml"]
    (tmp_path / "logo.png").write_bytes(b"\xff")
    with pytest.raises(OperationError, match=r"logo\.png is not text"):
        read_files(tmp_path)


def test_no_secret_is_in_the_files() -> None:
    settings = release("LAB_SUDO_PASSWORD=hunter2").files[SETTINGS]
    assert "hunter2" not in str(settings.content)
    assert "LAB_NAME='it\\'s $HOME \"x\"'" in str(
        release('LAB_NAME="it\'s $HOME \\"x\\""').files[SETTINGS].content
    )


DOCKER = """\
#!/bin/bash
# Knows one image; what it is told to build is written down.
case "$1 $2" in
  "image inspect") [ "$3" = "$KNOWN" ] ;;
  *) echo "$@" >>"$PWD/asked" ;;
esac
"""


@pytest.mark.parametrize(
    ("known", "built"),
    [("labhub-hub:1", ["proxy"]), ("labhub-hub:0", ["hub", "proxy"])],
)
def test_an_image_that_is_on_the_host_is_not_built_again(
    tmp_path: Path, known: str, built: list[str]
) -> None:
    (tmp_path / "docker").write_text(DOCKER)
    (tmp_path / "docker").chmod(0o755)
    (build,) = _step_of(release(), "Build registry, proxy and hub")
    assert isinstance(build, Shell)
    step = replace(build, args=(str(tmp_path), "settings.env", "hub:1", "proxy:1"))
    environment = {"PATH": f"{tmp_path}:/usr/bin:/bin", "KNOWN": known}
    subprocess.run(["bash", "-c", render_step(step)], env=environment, check=True, timeout=20)
    asked = (tmp_path / "asked").read_text().splitlines()
    assert asked == [f"compose --env-file settings.env build --quiet {name}" for name in built]


def test_what_is_built_is_named_by_what_it_is_made_of() -> None:
    (build,) = _step_of(release(), "Build registry, proxy and hub")
    assert isinstance(build, Shell)
    images = [f"{name}:{inputs}" for name, inputs in release().inputs.items()]
    assert build.args == (release().folder, SETTINGS, *images)


def _step_of(it: Release, why: str) -> tuple[Step, ...]:
    return next(change.steps for change in ensure_stack(it, BARE) if change.why == why)


# --- parsers ---------------------------------------------------------------------------------


def test_system_is_read_from_what_a_host_prints() -> None:
    answers = {
        "os": "debian\n13\nDebian GNU/Linux 13 (trixie)",
        "packages": "installed docker.io\nconfig-files rsync\nnot-installed docker-cli",
        "engine": "ActiveState=active\nUnitFileState=enabled",
        "compose": "2.26.1-4",
        "certificates": "abc  -",
    }
    assert parse_system(answers) == replace(
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
    assert parse_stack(NOTHING) == BARE


def test_a_base_that_the_operator_has_tagged_once_more_is_the_base() -> None:
    base = {
        "RepoTags": ["foreign:1", "labhub-base:latest"],
        "Config": {"Labels": {"labhub.inputs": "ab"}},
    }
    answers = {
        "current": "",
        "jupyterhub": "",
        "release": "",
        "token": "",
        "objects": json.dumps([base]),
    }
    assert parse_stack(answers).base_inputs == "ab"
