"""The connection is cut at every step of a task's plan, one run after the other: it converges."""

import json
from functools import partial
from pathlib import Path

import pytest

from sandbox.running import Sandbox
from tests.sandbox.cuts import Root, cut_through
from tests.sandbox.inv import Inv, Outcome
from tests.sandbox.look import CURRENT, sh

MEMBER = ("--name", "cut")
PLANS = [
    ("add-user", *MEMBER, "--groups", "cuts,leem"),
    ("groups", *MEMBER, "--add", "cuts2,cuts3", "--remove", "leem"),
    ("disable-user", *MEMBER),
    ("enable-user", *MEMBER),
    ("remove-user", *MEMBER, "--yes"),
    ("restore-user", *MEMBER),
    ("tag", "--tag", "1.2", "--label", "testing"),
    ("tag", "--tag", "1.2", "--label", "none"),
    ("announce", "cut"),
    ("backup", "--to", "host:/var/backups/labhub-cut", "--schedule", "daily"),
    ("backup", "--to", "host:/var/backups/labhub-cut", "--schedule", "off"),
]
DEPLOYS = [{"MEMORY_LIMIT": "3G", "LAB_NAME": "Cut"}, {}]
"""There, and back to what `.env` says."""


@pytest.fixture
def root(host: Sandbox) -> Root:
    return partial(sh, host)


@pytest.mark.parametrize("words", PLANS, ids=lambda words: "-".join(words[:1] + words[-1:]))
def test_a_task_converges_whatever_step_it_was_cut_at(
    host: Sandbox, root: Root, inv: Inv, pushed: Outcome, words: tuple[str, ...]
) -> None:
    cut_through(root, inv, words, {})
    inv.ok(*words, "--wait")
    assert "nothing was changed" in inv.ok(*words).output
    assert sh(host, "getent passwd | grep -c ^jupyter-cut:") == "1", "nothing is doubled"
    assert sh(host, "find /etc/labhub /home /var/lib -xdev -name '.*.new' | wc -l") == "0"


@pytest.mark.parametrize("settings", DEPLOYS, ids=["there", "back"])
def test_a_deploy_converges_whatever_step_it_was_cut_at(
    root: Root, inv: Inv, hub: str, settings: dict[str, str]
) -> None:
    assert cut_through(root, inv, ("deploy",), settings) > 0
    inv.ok("deploy", "--wait", **settings)
    assert "nothing was changed" in inv.ok("deploy", **settings).output


def test_a_rollback_converges_whatever_step_it_was_cut_at(
    host: Sandbox, root: Root, inv: Inv, hub: str
) -> None:
    before = sh(host, CURRENT)
    inv.ok("deploy", "--no-check", LAB_NAME="Cut on the way back")
    assert cut_through(root, inv, ("rollback", "--to", before), {}) > 0
    assert sh(host, CURRENT) == before
    assert "nothing was changed" in inv.ok("deploy").output


def test_new_passwords_are_given_out_whatever_step_it_was_cut_at(root: Root, inv: Inv) -> None:
    assert cut_through(root, inv, ("passwd", *MEMBER), {}) > 0
    assert "one-time password" in inv.ok("passwd", *MEMBER).output


def test_versions_go_from_the_registry_whatever_step_it_was_cut_at(
    host: Sandbox, root: Root, inv: Inv, pushed: Outcome
) -> None:
    copy = "docker tag localhost:5000/agfalta_tools:1.2 $1; docker push --quiet $1"
    sh(host, copy, "localhost:5000/cut:1.0")
    removal = ("remove-tag", "--image", "cut", "--tag", "1.0", "--force")
    assert cut_through(root, inv, removal, {}) > 0
    assert cut_through(root, inv, ("prune", "--yes"), {}) > 0
    found = json.loads(inv.ok("images", "--json").output)["images"]
    assert {it["image"] for it in found} == {"agfalta_tools"}
    assert not any(it["lost"] for it in found)


def test_a_restore_converges_whatever_step_it_was_cut_at(
    host: Sandbox, root: Root, inv: Inv, pushed: Outcome, tmp_path: Path
) -> None:
    inv.ok("backup", "--to", str(tmp_path))
    (file,) = tmp_path.glob("labhub-*.tar")
    before = inv.ok("users", "--json", "--no-sizes").output
    assert cut_through(root, inv, ("restore", "--from", str(file), "--force"), {}) > 0
    assert json.loads(inv.ok("users", "--json", "--no-sizes").output) == json.loads(before)
    assert sh(host, "ls -A /var/lib/labhub | grep restore || true") == ""


def test_afterwards_the_host_is_as_it_was(host: Sandbox, inv: Inv, hub: str) -> None:
    inv.ok("announce", "--clear")
    inv.ok("remove-user", *MEMBER, "--yes")
    sh(host, "for group in cuts cuts2 cuts3; do groupdel $group || true; done")
