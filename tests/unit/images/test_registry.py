"""Whatever ends a connection to the registry is one sentence."""

import json
from http.client import HTTPConnection

import pytest

from ops.errors import OperationError
from ops.images.registry import Published, Registry


@pytest.mark.parametrize("lost", [EOFError(), ConnectionResetError("reset by peer")])
def test_a_host_that_is_lost_while_the_registry_is_asked_is_a_sentence(lost: Exception) -> None:
    def open_http(_: int) -> HTTPConnection:
        raise lost

    with pytest.raises(OperationError, match="The registry does not answer"):
        Registry(open_http).find("agfalta_tools", "1.2")


def step(created_by: str, *, empty: bool = False) -> dict[str, object]:
    return {"created_by": created_by, "empty_layer": empty}


@pytest.mark.parametrize(
    ("history", "layer"),
    [
        ([step("base"), step("ENV x", empty=True), step("COPY /r/ /x"), step("RUN y")], "b"),
        # What a base says of its own layers may be less than it has.
        ([step("COPY /r/ /x"), step("RUN y")], "b"),
        ([step("COPY /r/ /x", empty=True), step("COPY /r/ /x"), step("RUN y")], "b"),
        ([step("base"), step("RUN x"), step("RUN y")], None),
        ([], None),
        (None, None),
    ],
)
def test_the_layer_of_a_step_is_counted_from_the_last(
    history: list[dict[str, object]] | None, layer: str | None
) -> None:
    manifest = json.dumps({"layers": [{"digest": it, "size": 1} for it in "abc"]}).encode()
    image = Published(
        "x",
        "1",
        "sha256:0",
        "type",
        manifest,
        {"config": {}} | ({"history": history} if history is not None else {}),
    )
    assert image.layer_of("COPY /r/") == layer
    assert image.labels == {} and image.size == 3
