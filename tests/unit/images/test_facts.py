import json
from typing import Any

import pytest

from ops.images.facts import missing, stack
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
