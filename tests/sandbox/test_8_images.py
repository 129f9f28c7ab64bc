"""Image versions: several images beside each other, what is shown of them, and labels."""

import json
import re
from pathlib import Path

import pytest

from sandbox.running import Sandbox
from tests.hub_client import HubClient
from tests.sample import git
from tests.sandbox.images import (
    BUILDS,
    NAME,
    RECIPE,
    STORAGE,
    VOLUME,
    alice_works,
    digest_of,
    push,
    shown,
)
from tests.sandbox.inv import Inv
from tests.sandbox.look import count_sessions, inspect, sh

pytestmark = pytest.mark.usefixtures("pushed", "no_records")


def test_an_image_of_its_own_appears_on_the_spawn_page_and_is_on_the_host_already(
    inv: Inv, recipe: Path, host: Sandbox, browser: HubClient
) -> None:
    outcome = push(inv, "24.1", "--note", "new dispersion fit, β=2")
    assert [change.split()[0] for change in outcome.changes] == ["Build", "Push", "Publish", "Move"]
    digest = digest_of(outcome)
    for tag in ("24.1", "latest"):
        name = f"localhost:5000/{NAME}:{tag}"
        found = json.loads(sh(host, 'docker image inspect "$1"', name))[0]
        assert f"localhost:5000/{NAME}@{digest}" in found["RepoDigests"]
    assert found["Config"]["Labels"]["labhub.note"] == "new dispersion fit, β=2"
    assert found["Config"]["Entrypoint"] == ["/usr/local/bin/lab-entry"]
    assert found["Config"]["User"] == "nobody"
    assert sh(host, "docker images -q 'labhub-build/*'") == ""
    assert f"{NAME}:24.1" in browser.choices()
    alice_works(browser, f"{NAME}:24.1")
    assert browser.run_cell("import spectra; print(spectra.VERSION)").text == "24.1\n"
    browser.stop()
    # The pull of a spawn finds all of it on the host.
    said = sh(host, f"docker pull localhost:5000/{NAME}:latest")
    assert "Image is up to date" in said or "Downloaded" not in said


def test_the_same_again_changes_nothing_and_another_note_needs_force(
    inv: Inv, recipe: Path, host: Sandbox
) -> None:
    push(inv, "24.1", "--note", "first", "--force")
    before = count_sessions(host)
    assert "published already" in push(inv, "24.1").output
    assert count_sessions(host) == before + 1
    assert push(inv, "24.1", "--note", "first").changes == []
    said = inv.fails("push", "--image", NAME, "--tag", "24.1", "--note", "second")
    assert "with the note 'first' from the same source" in said and "--force" in said
    push(inv, "24.1", "--note", "second", "--force")
    assert shown(inv)[f"{NAME}:24.1"]["note"] == "second"


def test_what_is_not_on_the_host_any_more_is_brought_back_by_the_same_push(
    inv: Inv, recipe: Path, host: Sandbox
) -> None:
    push(inv, "24.1")
    sh(host, f"docker image rm --force localhost:5000/{NAME}:24.1 localhost:5000/{NAME}:latest")
    assert [it.split()[0] for it in push(inv, "24.1").changes] == ["Bring"]
    assert sh(host, f"docker images -q localhost:5000/{NAME}:24.1")


@pytest.mark.parametrize(
    ("dockerfile", "sentence"),
    [
        (
            RECIPE + "RUN python -m pip install --quiet --no-deps jupyterhub==5.3.0\n",
            "the image has JupyterHub 5.3.0, but the hub is ",
        ),
        ("FROM labhub-base\n", "there is no python"),
        (RECIPE + "RUN rm /usr/local/bin/lab-entry\n", "there is no /usr/local/bin/lab-entry"),
        (RECIPE + "RUN rm /opt/venv/bin/jupyterhub-singleuser\n", "no jupyterhub-singleuser"),
    ],
)
def test_an_image_that_the_hub_could_not_start_is_refused(
    inv: Inv, recipe: Path, host: Sandbox, dockerfile: str, sentence: str
) -> None:
    recipe.write_text(dockerfile)
    said = inv.fails("push", "--image", NAME, "--tag", "0.1")
    assert said.startswith(f"{NAME}:0.1 is not published: ") and sentence in said
    assert len(said.splitlines()) == 1
    assert f"{NAME}:0.1" not in shown(inv)


def test_a_checkout_that_is_newer_than_the_hub_pushes_nothing(
    inv: Inv, recipe: Path, host: Sandbox
) -> None:
    path = "/opt/labhub/current/hub/requirements.in"
    sh(host, f"cp -a {path} /tmp/kept; sed -i 's/^jupyterhub==.*/jupyterhub==5.0.0/' {path}")
    try:
        said = inv.fails("push", "--image", NAME, "--tag", "0.1")
    finally:
        sh(host, f"mv /tmp/kept {path}")
    assert "is JupyterHub 5.0.0" in said and "first  inv deploy" in said


def test_an_unknown_image_is_refused_before_any_connection(inv: Inv, recipe: Path) -> None:
    for name in ("gpwa", "../x", "Gpaw"):
        said = inv.fails("push", "--image", name, "--tag", "1", LAB_HOST="nowhere.invalid")
        assert "nowhere" not in said
    said = inv.fails("push", "--image", "gpwa", "--tag", "1", LAB_HOST="nowhere.invalid")
    assert "agfalta_tools" in said and NAME in said and "lab-image/gpwa/Dockerfile" in said


def test_a_push_that_would_fill_the_disk_is_refused_before_it_is_built(
    inv: Inv, recipe: Path, host: Sandbox
) -> None:
    # The host sees a small full disk in that place; the registry goes on seeing its own.
    sh(host, f"mount -t tmpfs -o size=20m tmpfs {VOLUME}; head -c 19500k /dev/zero >{VOLUME}/x")
    try:
        said = inv.fails("push", "--image", NAME, "--tag", "0.1")
        assert re.search(r"would be \d+% full", said) and "inv prune" in said and VOLUME in said
        assert sh(host, f"ls {BUILDS}") == ""
        assert "full" in inv.fails("--dry", "push", "--image", NAME, "--tag", "0.1")
    finally:
        sh(host, f"umount {VOLUME}")


def test_images_shows_in_one_session_what_there_is_and_who_runs_it(
    inv: Inv, recipe: Path, host: Sandbox, browser: HubClient, sample: Path
) -> None:
    push(inv, "24.1", "--note", "new fit", "--force")
    inv.ok("push", "--tag", "1.2", AGFALTA_TOOLS_SOURCE=str(sample))
    alice_works(browser, "agfalta_tools:latest")
    before = count_sessions(host)
    found = shown(inv)
    assert count_sessions(host) == before + 1
    tools, own = found["agfalta_tools:1.2"], found[f"{NAME}:24.1"]
    assert tools == found["agfalta_tools:latest"]
    assert tools["members"] == ["alice"] and own["members"] == []
    assert (
        tools["revision"] == git(sample, "rev-parse", "1.2^{commit}") and own["note"] == "new fit"
    )
    whole = json.loads(inv.ok("images", "--json").output)
    files = sh(host, f"find {STORAGE}/blobs -name data -printf '%s\\n'").split()
    assert whole["size"] == sum(map(int, files))
    assert whole["size"] < sum(int(it["size"]) for it in whole["images"]), "layers are shared"
    assert all(int(it["alone"]) < int(it["size"]) and not it["lost"] for it in whole["images"])
    table = inv.ok("images").output
    assert "1.2, latest" in table and "alice" in table and "counted once" in table
    browser.stop()


def test_a_label_is_put_on_changed_and_taken_back(inv: Inv, host: Sandbox) -> None:
    def hub_reads() -> dict[str, dict[str, str]]:
        found: dict[str, dict[str, str]] = json.loads(
            sh(host, "docker exec labhub-hub cat /etc/labhub/images.json")
        )
        return found

    started = inspect(host, "labhub-hub")["State"]["StartedAt"]
    assert inv.ok("tag", "--tag", "1.2", "--label", "testing").changes == [
        "Label agfalta_tools:1.2 testing"
    ]
    assert hub_reads() == {"agfalta_tools:1.2": {"label": "testing"}}
    assert inv.ok("tag", "--tag", "1.2", "--label", "testing").changes == []
    inv.ok("tag", "--tag", "1.2", "--label", "stable")
    assert shown(inv)["agfalta_tools:1.2"]["labels"] == {"1.2": "stable"}
    inv.ok("tag", "--tag", "1.2", "--label", "none")
    assert hub_reads() == {}
    assert inspect(host, "labhub-hub")["State"]["StartedAt"] == started
    said = inv.fails("tag", "--tag", "9.9", "--label", "stable")
    assert "agfalta_tools:9.9 is not in the registry; nearest: " in said
    for words in (
        ("--tag", "1.2", "--label", "good"),
        ("--label", "stable"),
        ("--tag=latest", "--label=stable"),
    ):
        assert "nowhere" not in inv.fails("tag", *words, LAB_HOST="nowhere.invalid")
