"""Tags that are removed, and what is pruned: never what is needed, and the rest is complete."""

import json
import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from sandbox.running import Sandbox
from tests.hub_client import HubClient
from tests.sandbox.images import (
    BUILDS,
    NAME,
    RECIPE,
    STORAGE,
    alice_works,
    digest_of,
    every_tag_can_be_pulled,
    push,
    shown,
    status,
    until,
)
from tests.sandbox.inv import Inv
from tests.sandbox.look import count_sessions, held_lock, sh, started

pytestmark = pytest.mark.usefixtures("pushed", "no_records")


def test_a_tag_that_somebody_runs_is_removed_only_by_force(
    inv: Inv, recipe: Path, host: Sandbox, browser: HubClient
) -> None:
    push(inv, "24.1")
    push(inv, "24.2")
    inv.ok("tag", "--image", NAME, "--tag", "24.1", "--label", "deprecated")
    alice_works(browser, f"{NAME}:24.1")
    remove = ("remove-tag", "--image", NAME, "--tag", "24.1")
    said = inv.fails(*remove)
    assert f"{NAME}:24.1 is not removed: it runs in the lab of alice" in said and "--force" in said
    preview = inv.ok("--dry", *remove, "--force").output
    assert f"Remove {NAME}:24.1 from the registry" in preview
    assert f"{NAME}:24.1" in shown(inv)
    inv.ok(*remove, "--force")
    assert f"{NAME}:24.1" not in shown(inv) and f"{NAME}:24.1" not in browser.choices()
    assert browser.run_cell("print(6 * 7)").text == "42\n", "the lab that runs it goes on"
    assert "24.1" not in sh(host, "cat /etc/labhub/hub/images.json")
    again = inv.ok(*remove)
    assert again.changes == [] and "nearest: 24.2" in again.output
    browser.stop()


def test_a_removal_frees_its_bytes_and_all_others_are_complete(
    inv: Inv, recipe: Path, host: Sandbox
) -> None:
    assert "build cache" in inv.ok("prune", "--yes", "--force").output
    push(inv, "24.1")
    recipe.write_text(RECIPE + "RUN head -c 50M /dev/urandom >/large\n")
    push(inv, "24.2", "--no-latest")
    before = json.loads(inv.ok("images", "--json").output)
    sessions = count_sessions(host)
    outcome = inv.ok("remove-tag", "--image", NAME, "--tag", "24.2")
    assert count_sessions(host) == sessions + 2
    assert re.search(r"Freed 52\.\d MB in the registry\. .* all there\.", outcome.output)
    after = json.loads(inv.ok("images", "--json").output)
    assert before["size"] - after["size"] > 50_000_000 and not after["without_tag"]
    assert status(host, "POST", f"{NAME}/blobs/uploads/") == "202", "it can be pushed to again"
    assert every_tag_can_be_pulled(host, inv)


def test_latest_goes_to_the_newest_that_stays_and_an_image_with_its_last_tag(
    inv: Inv, recipe: Path, host: Sandbox, browser: HubClient
) -> None:
    for tag in ("24.1", "24.9", "24.10"):
        push(inv, tag)
    outcome = inv.ok("remove-tag", "--image", NAME, "--tag", "24.10")
    assert outcome.changes[0] == f"Move {NAME}:latest to 24.9"
    found = shown(inv)
    assert found[f"{NAME}:latest"] == found[f"{NAME}:24.9"]
    name = f"localhost:5000/{NAME}"
    ids = sh(host, f"docker images -q {name}:latest; docker images -q {name}:24.9").split()
    assert len(set(ids)) == 1, "the host knows it before a spawn does"
    others = [tag.partition(":")[2] for tag in shown(inv) if tag.startswith(f"{NAME}:")]
    options = [word for tag in others if tag != "latest" for word in ("--tag", tag)]
    inv.ok("remove-tag", "--image", NAME, *options)
    assert not [choice for choice in browser.choices() if choice.startswith(NAME)]
    assert sh(host, f"find {STORAGE}/repositories/{NAME} -mindepth 1") == ""
    push(inv, "24.1")
    assert every_tag_can_be_pulled(host, inv)


def test_the_registry_answers_while_it_is_collected_and_takes_nothing(
    inv: Inv, recipe: Path, host: Sandbox
) -> None:
    push(inv, "24.1")
    push(inv, "24.2")
    watch = (
        "while [ ! -e /tmp/enough ]; do s=$(date +%s%N); "
        "(exec 3<>/dev/tcp/127.0.0.1/5000 && "
        "printf 'GET /v2/agfalta_tools/tags/list HTTP/1.0\\r\\n\\r\\n' >&3 && "
        "grep -q ' 200 ' <&3) 2>/dev/null || echo $s; done >/tmp/refused"
    )
    sh(host, f"rm -f /tmp/enough; ({watch}) </dev/null >/dev/null 2>&1 &")
    try:
        inv.ok("remove-tag", "--image", NAME, "--tag", "24.1")
    finally:
        refused = sh(host, "touch /tmp/enough; sleep 0.5; cat /tmp/refused; rm /tmp/enough").split()
    # It is replaced twice; nobody is to wait longer than a person notices.
    moments = [int(moment) / 1e9 for moment in refused]
    gaps = [two - one for one, two in pairwise(moments)]
    assert sum(gap for gap in gaps if gap < 0.2) < 0.5


def test_a_collection_that_is_killed_leaves_a_registry_that_can_be_pushed_to(
    inv: Inv, recipe: Path, host: Sandbox
) -> None:
    push(inv, "24.1")
    # As `collect` begins, and then is at it for long.
    stuck = "exec 9>/tmp/collect.lock; flock 9; : >/tmp/collect.pipe; exec sleep 60"
    sh(host, f"docker exec -d labhub-registry bash -c '{stuck}'")
    upload = ("POST", f"{NAME}/blobs/uploads/")
    assert until(lambda: status(host, *upload) == "405", 20)
    assert status(host, "GET", f"{NAME}/tags/list") == "200"
    assert "collected already" in inv.fails("remove-tag", "--image", NAME, "--tag", "24.1")
    sh(host, "pkill -9 -fx 'sleep 60'")
    assert until(lambda: status(host, *upload) == "202", 20)
    assert every_tag_can_be_pulled(host, inv)


def test_a_push_and_a_removal_are_in_each_other_s_way_and_say_so(
    inv: Inv, recipe: Path, host: Sandbox
) -> None:
    push(inv, "24.1")
    with held_lock(host, "eve@desk, inv remove-tag --tag 1.0, since 10:00", "registry"):
        said = inv.fails("push", "--image", NAME, "--tag", "24.2")
        assert "eve@desk, inv remove-tag --tag 1.0, since 10:00" in said and "--wait" in said
        said = inv.fails("remove-tag", "--image", NAME, "--tag", "24.1")
        assert "eve@desk" in said and "Nothing was changed" in said
    assert f"{NAME}:24.2" not in shown(inv)


@pytest.fixture
def record(host: Sandbox, member: str) -> Iterator[Callable[[str], None]]:
    """Write the record that alice's labs keep."""
    folder = "/home/jupyter-alice/.labhub"
    kept = sh(host, f"cat {folder}/sessions.jsonl 2>/dev/null || true")

    def write(text: str) -> None:
        sh(
            host,
            f"mkdir -p {folder}; printf '%s\\n' \"$1\" >{folder}/sessions.jsonl; "
            f"chown -R jupyter-alice: {folder}",
            text,
        )

    yield write
    write(kept)


def test_what_members_have_worked_with_is_removed_only_by_force(
    inv: Inv, recipe: Path, host: Sandbox, record: Callable[[str], None]
) -> None:
    digest = digest_of(push(inv, "24.1", "--force"))
    record(json.dumps({"digest": digest, "started": "2026-11-23T12:00:00+00:00"}))
    push(inv, "24.2")
    said = inv.fails("remove-tag", "--image", NAME, "--tag", "24.1")
    assert "alice worked with it" in said and "sessions.jsonl" in said and "--force" in said
    recipe.write_text(RECIPE + "ENV REPLACED=1\n")
    push(inv, "24.1", "--force", "--no-latest")
    kept = inv.ok("prune", "--yes").output
    assert f"{NAME}@{digest}" in kept
    assert status(host, "GET", f"{NAME}/manifests/{digest}") == "200"
    sh(host, f"docker pull --quiet localhost:5000/{NAME}@{digest}")
    inv.ok("prune", "--yes", "--force")
    assert status(host, "GET", f"{NAME}/manifests/{digest}") == "404"
    assert every_tag_can_be_pulled(host, inv)


def test_prune_says_first_what_it_would_free_and_frees_no_more(
    inv: Inv, recipe: Path, host: Sandbox, browser: HubClient
) -> None:
    push(inv, "24.1")
    push(inv, "24.2")
    inv.ok("remove-tag", "--image", NAME, "--tag", "24.1", "--force")
    sh(
        host,
        "cd /opt/labhub/releases; for n in 1 2 3 4; do cp -a $(basename $(readlink ../current)) "
        '000000000000000$n; touch -d "$n days ago" 000000000000000$n; done; '
        f"mkdir -p {BUILDS}/lost-1.0; "
        "docker tag labhub-base foreign:1",
    )
    alice_works(browser, f"{NAME}:24.2")
    before = started(host)
    preview = inv.ok("--dry", "prune").output
    assert f"{NAME}:24.1" in preview and "old release" in preview
    said = inv.fails("prune")
    assert "--yes" in said
    assert sh(host, f"docker images -q localhost:5000/{NAME}:24.1"), "nothing was done yet"
    outcome = inv.ok("prune", "--yes")
    assert re.search(r" has .*B free now; it had .*B\.$", outcome.output, re.MULTILINE)
    assert sh(host, f"docker images -q localhost:5000/{NAME}:24.1") == ""
    assert sh(host, "docker images -q foreign:1"), "not ours"
    assert sh(host, f"ls {BUILDS}") == ""
    left = sh(host, "ls /opt/labhub/releases").split()
    assert "0000000000000003" not in left and "0000000000000004" not in left
    assert sh(host, "basename $(readlink /opt/labhub/current)") in left and len(left) == 3
    again = inv.ok("prune", "--yes")
    assert again.changes == [] and "nothing that is not needed" in again.output
    assert browser.run_cell("print(6 * 7)").text == "42\n"
    browser.stop()
    assert inv.ok("deploy").changes == [], "what runs is all there"
    assert started(host) == before
    assert every_tag_can_be_pulled(host, inv)
    alice_works(browser, "agfalta_tools:1.2")
    browser.stop()
    sh(host, "docker image rm foreign:1")
