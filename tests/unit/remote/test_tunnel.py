"""The way to the host's engine ends for its client when it ends, and says why there is none."""

import socket
import threading
from pathlib import Path
from typing import cast

import pytest
from paramiko import Channel

from ops.errors import ConnectError, OperationError
from ops.images.build import Image
from ops.images.publish import publish
from ops.plan.command import Secret
from ops.remote.tunnel import docker_socket
from sandbox.patience import SILENCE

IMAGE = Image("agfalta_tools", "1.2", Path("context"), "agfalta_tools", "6.1.1", "base", "0", "1")


def test_who_speaks_to_the_engine_learns_at_once_that_the_host_is_gone() -> None:
    ours, theirs = socket.socketpair()

    def root_shell(_: str) -> Channel:
        return cast(Channel, ours)

    with docker_socket(root_shell) as url, socket.socket(socket.AF_UNIX) as client:
        client.settimeout(SILENCE)
        client.connect(url.removeprefix("unix://"))
        client.sendall(b"ping")
        assert theirs.recv(4) == b"ping"
        theirs.sendall(b"pong")
        theirs.close()
        assert client.makefile("rb").read() == b"pong"


def test_the_host_learns_that_its_client_is_gone() -> None:
    ours, theirs = socket.socketpair()

    def root_shell(_: str) -> Channel:
        return cast(Channel, ours)

    with docker_socket(root_shell) as url:
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(url.removeprefix("unix://"))
            client.sendall(b"ping")
        theirs.settimeout(SILENCE)
        assert theirs.makefile("rb").read() == b"ping"


def test_a_push_that_has_no_way_to_the_engine_says_why() -> None:
    def root_shell(_: str) -> Channel:
        raise ConnectError("The connection to op@lab was lost; run the task again")

    with pytest.raises(ConnectError, match="to op@lab was lost"):
        publish(IMAGE, Secret("x"), root_shell, lambda _: None)


VERSION = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 22\r\n\r\n"
    b'{"ApiVersion": "1.44"}'
)
PUSHING = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
STATUS = b'14\r\n{"status": "pushed"}\r\n'


@pytest.mark.parametrize("said", [b"", PUSHING, PUSHING + STATUS, PUSHING + STATUS[:-4]])
def test_a_host_that_is_lost_while_an_image_is_pushed_is_a_sentence(said: bytes) -> None:
    answers = iter([VERSION, said])

    def root_shell(_: str) -> Channel:
        ours, theirs = socket.socketpair()
        threading.Thread(target=answer, args=(theirs, next(answers))).start()
        return cast(Channel, ours)

    def answer(client: socket.socket, text: bytes) -> None:
        with client:
            client.recv(65536)
            client.sendall(text)

    with pytest.raises(OperationError, match=r"agfalta_tools:1\.2 failed"):
        publish(IMAGE, Secret("x"), root_shell, lambda _: None)
