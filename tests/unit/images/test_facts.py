import json
from typing import Any

import pytest

from ops.images.facts import FREE, PASSWORD, RUNNING, lacking, members_of, missing, stack, too_full
from ops.plan.tools import TOOLS
from tests.unit.answers import answered

RUNS = {"Running": True, "Paused": False}
MADE = {"labhub.origin": "debian:trixie-slim"}


def lacks(state: dict[str, bool] | None, labels: dict[str, str] | None = MADE) -> str | None:
    said: list[dict[str, Any]] = [{"RepoTags": ["base:latest"], "Config": {"Labels": labels}}]
    said += [{"Name": "/labhub-registry", "State": state}] if state else []
    there = stack("base")
    found = answered((there,), {there: json.dumps(said)})[there]
    return missing(found, "base", "debian:trixie-slim")


def test_a_host_with_a_registry_and_a_base_lacks_nothing() -> None:
    assert lacks(RUNS) is None


@pytest.mark.parametrize(
    "state",
    [None, {"Running": True, "Paused": True}, {"Running": False, "Paused": False}],
)
def test_a_registry_that_does_not_run_is_missed(state: dict[str, bool] | None) -> None:
    assert lacks(state) == "No registry runs"


@pytest.mark.parametrize("labels", [None, {}, {"labhub.origin": "debian:bookworm-slim"}])
def test_a_base_of_something_else_is_none(labels: dict[str, str] | None) -> None:
    said = "No base for lab images that is made from debian:trixie-slim is there"
    assert lacks(RUNS, labels) == said


def test_where_nothing_is_nothing_runs() -> None:
    there = stack("base")
    assert missing(answered((there,), {})[there], "base", "x") == "No registry runs"


@pytest.mark.parametrize(
    ("tools", "said"),
    [
        ("docker rsync", "There is no buildx"),
        ("", "There is no docker and no buildx and no rsync"),
        ("docker buildx", "There is no rsync"),
        ("docker buildx rsync", "No registry runs"),
    ],
)
def test_what_a_push_needs_there_is_named(tools: str, said: str) -> None:
    there = stack("base")
    answers = answered((there, TOOLS, PASSWORD), {TOOLS: tools, PASSWORD: "hunter2"})
    assert lacking(answers, there, "base", "x") == said


def test_a_host_from_before_there_was_a_credential_has_none() -> None:
    there = stack("base")
    answers = answered((there, TOOLS, PASSWORD), {TOOLS: "docker buildx rsync"})
    assert lacking(answers, there, "base", "x") == "There is no credential for publishing"
    known = answered((PASSWORD,), {PASSWORD: "hunter2"})
    assert "hunter2" not in repr(known[PASSWORD])


def test_a_disk_that_is_too_full_is_said_before_anything_is_built() -> None:
    answers = answered((FREE,), {FREE: "2500000000"})
    assert "has 2.5 GB left" in (too_full(answers, is_first=True) or "")
    assert too_full(answers, is_first=False) is None


def test_who_runs_an_image_is_known_by_any_of_its_ids() -> None:
    labs = answered((RUNNING,), {RUNNING: "sha256:a bob\nsha256:b eve\nsha256:c al"})[RUNNING]
    assert members_of(labs, ("sha256:a", "sha256:c")) == ["al", "bob"]
    assert members_of(answered((RUNNING,), {})[RUNNING], ("sha256:a",)) == []
