"""Which version of JupyterHub may follow which, and by which task."""

from dataclasses import replace

import pytest

from ops.errors import OperationError, UsageError
from ops.remote.command import Shell
from ops.stack.database import kept, refuse_other_version
from ops.stack.releases import parse_releases
from ops.stack.services import ensure_stack
from ops.stack.upgrade import labs_lost, needs_upgrade, older_labs, refuse_to_lose
from tests.unit.test_releases import ANSWERS
from tests.unit.test_stack import BARE, deployed, release


def test_a_deploy_brings_no_other_version() -> None:
    refuse_other_version(None, "6.1.1")
    refuse_other_version("6.1.1", "6.1.1")
    with pytest.raises(OperationError, match=r"brings JupyterHub 6\.10\.0.*inv upgrade"):
        refuse_other_version("6.9.1", "6.10.0")
    with pytest.raises(OperationError, match="cannot read its database"):
        refuse_other_version("6.10.0", "6.9.1")


def test_an_upgrade_is_to_a_later_version_of_what_is_there() -> None:
    assert needs_upgrade("6.0.1", "6.1.1", "host")
    assert not needs_upgrade("6.1.1", "6.1.1", "host")
    with pytest.raises(OperationError, match="Nothing is deployed on host"):
        needs_upgrade(None, "6.1.1", "host")
    with pytest.raises(OperationError, match="older 6"):
        needs_upgrade("7.0.0", "6.1.1", "host")


def test_the_database_is_kept_before_another_version_changes_it() -> None:
    it = release()
    assert [change.why for change in ensure_stack(it, BARE)][-1].startswith("Start registry")
    facts = replace(deployed(release("LAB_NAME=x")), jupyterhub="5.4.6")
    *_, keep, start = ensure_stack(it, facts)
    assert keep.why == "Keep the hub's database as JupyterHub 5.4.6 reads it"
    (step,) = start.steps
    assert isinstance(step, Shell)
    assert step.args[3:] == ("", kept("5.4.6"))


def test_labs_with_an_older_jupyterhub_are_named() -> None:
    answers = {"lab_versions": "bob 6.1.1\nalice 6.0.1\ncarol \n"}
    assert list(older_labs(answers, "6.1.1")) == [("alice", "6.0.1")]


BACK = {
    "labs": '"/lab-alice" "alice" "localhost:5000/a:1" "2026-11-20T08:00:00.5Z"\n'
    '"/lab-bob" "bob" "localhost:5000/a:1" "2026-11-20T10:00:00.5Z"',
    "taken": "",
    "hub": "",
    "now": "2026-11-20T12:00:00+00:00",
    "kept": f"{1763629200 + 365 * 86400} 6.0.0.sqlite",  # 2026-11-20 09:00 UTC
}


def test_labs_that_an_older_database_does_not_know_are_stopped_by_consent_alone() -> None:
    releases = parse_releases(ANSWERS)
    lost = labs_lost(releases.all[2], releases, BACK)
    assert [it.member for it in lost] == ["bob"]
    with pytest.raises(UsageError, match="the lab of bob"):
        refuse_to_lose(lost)
    refuse_to_lose(())
    assert labs_lost(releases.all[1], releases, BACK) == ()
    assert len(labs_lost(releases.all[2], releases, BACK | {"kept": ""})) == 2
