"""Whatever ends a connection to the registry is one sentence."""

from http.client import HTTPConnection

import pytest

from ops.errors import OperationError
from ops.images.registry import Registry


@pytest.mark.parametrize("lost", [EOFError(), ConnectionResetError("reset by peer")])
def test_a_host_that_is_lost_while_the_registry_is_asked_is_a_sentence(lost: Exception) -> None:
    def open_http(_: int) -> HTTPConnection:
        raise lost

    with pytest.raises(OperationError, match="The registry does not answer"):
        Registry(open_http).find("agfalta_tools", "1.2")
