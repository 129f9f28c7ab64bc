import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from ops.plan.command import Shell, Step, render_step
from ops.stack.facts import Container, Stack
from ops.stack.operation import ensure_stack
from ops.stack.release import SETTINGS, Release, read_files, render_release
from sandbox.patience import SILENCE
from tests.unit.stack.hosts import BARE, ROOT, config, deployed, release, sentences


def stack_plan(it: Release, facts: Stack) -> list[str]:
    return sentences(list(ensure_stack(it, facts)))


def test_nothing_is_to_be_done_where_the_release_runs() -> None:
    assert stack_plan(release(), deployed(release())) == []


def test_a_bare_host_gets_secret_files_images_and_containers() -> None:
    assert stack_plan(release(), BARE) == [
        "Generate the secret shared by hub and proxy",
        f"Copy the stack's files to {release().folder}",
        "Build registry, proxy and hub",
        "Generate the credential for publishing to the registry",
        "Start registry, proxy and hub and wait until the hub answers",
    ]


@pytest.mark.parametrize(
    ("setting", "touched"),
    [
        ("MEMORY_LIMIT=8G", "hub"),
        ("CPU_LIMIT=3", "hub"),
        ("PROCESS_LIMIT=999", "hub"),
        ("IDLE_HOURS=1.5", "hub"),
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


def test_a_setting_that_no_service_knows_changes_nothing() -> None:
    assert stack_plan(release("LAB_SUDO_PASSWORD=x"), deployed(release())) == []


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


@pytest.mark.parametrize(
    "found",
    [
        (),
        ("600 0 0",),
        ("640 0 5000",),
        ("644 0 0", "640 0 5000", "pair"),
        ("600 0 0", "644 0 0", "pair"),
        ("600 0 0", "640 0 5000"),
    ],
)
def test_a_credential_that_is_missing_or_readable_is_made_anew(found: tuple[str, ...]) -> None:
    assert stack_plan(release(), replace(deployed(release()), publisher=found)) == [
        "Generate the credential for publishing to the registry"
    ]


DOCKER = """\
#!/bin/bash
# Knows one image; what it is told to build is written down.
case "$1 $2" in
  "image inspect") [ "$3" = "$KNOWN" ] ;;
  *) echo "$@" >>"$PWD/asked" ;;
esac
"""


@pytest.mark.parametrize(
    ("known", "asked"),
    [
        ("labhub-hub:1", "compose --env-file settings.env build --quiet proxy"),
        ("labhub-hub:0", "compose --env-file settings.env build --quiet hub proxy"),
    ],
)
def test_an_image_that_is_on_the_host_is_not_built_again(
    tmp_path: Path, known: str, asked: str
) -> None:
    (tmp_path / "docker").write_text(DOCKER)
    (tmp_path / "docker").chmod(0o755)
    (build,) = _step_of(release(), "Build registry, proxy and hub")
    assert isinstance(build, Shell)
    step = replace(build, args=(str(tmp_path), "settings.env", "hub:1", "proxy:1"))
    environment = {"PATH": f"{tmp_path}:/usr/bin:/bin", "KNOWN": known}
    subprocess.run(["bash", "-c", render_step(step)], env=environment, check=True, timeout=SILENCE)
    assert (tmp_path / "asked").read_text() == f"{asked}\n"


def test_what_is_built_is_named_by_what_it_is_made_of() -> None:
    (build,) = _step_of(release(), "Build registry, proxy and hub")
    assert isinstance(build, Shell)
    images = [f"{name}:{inputs}" for name, inputs in release().inputs.items()]
    assert build.args == (release().folder, SETTINGS, *images)


def _step_of(it: Release, why: str) -> tuple[Step, ...]:
    return next(change.steps for change in ensure_stack(it, BARE) if change.why == why)
