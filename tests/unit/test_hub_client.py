"""The browser of the tests: what it asks again, and what it does not."""

import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing

import pytest
import requests

from tests.hub_client import HubClient

PAGE = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\npage"


class Server:
    """Say for each connection in turn how many requests it answers before it ends."""

    def __init__(self, patience: Sequence[int]) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._patience = patience
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        for answers in self._patience:
            connection, _ = self._listener.accept()
            with connection:
                for _ in range(answers):
                    connection.recv(65536)
                    connection.sendall(PAGE)
                # The one that it does not answer: only then it ends.
                connection.recv(65536)

    def close(self) -> None:
        self._listener.close()


@pytest.fixture
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    with closing(Server(request.param)) as running:
        yield running


@pytest.mark.parametrize("server", [(1, 1)], indirect=True)
def test_a_kept_connection_that_ends_while_it_is_used_is_no_answer(server: Server) -> None:
    client = HubClient(server.url)
    assert client.get("/hub/login").text == "page"
    assert client.get("/hub/login").text == "page"


@pytest.mark.parametrize("server", [(0, 0)], indirect=True)
def test_a_server_that_never_answers_is_an_error(server: Server) -> None:
    with pytest.raises(requests.ConnectionError, match="closed connection without response"):
        HubClient(server.url).get("/hub/login")
