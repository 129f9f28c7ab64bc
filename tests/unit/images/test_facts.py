import json

import pytest

from ops.images.facts import REGISTRY, has_registry
from tests.unit.answers import answered


@pytest.mark.parametrize(
    ("state", "is_there"),
    [
        ({"Running": True, "Paused": False}, True),
        ({"Running": True, "Paused": True}, False),
        ({"Running": False, "Paused": False}, False),
    ],
)
def test_a_registry_is_there_where_one_runs(state: dict[str, bool], is_there: bool) -> None:
    said = json.dumps([{"Name": "/labhub-registry", "State": state}])
    assert has_registry(answered((REGISTRY,), {REGISTRY: said})) is is_there


def test_where_no_container_is_there_is_no_registry() -> None:
    assert not has_registry(answered((REGISTRY,), {}))
