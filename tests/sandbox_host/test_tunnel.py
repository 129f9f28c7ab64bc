"""The way to an engine outlives a build that takes its time: a real engine, and the real SDK."""

import select
import socket
import subprocess
import time
from pathlib import Path
from threading import Thread
from typing import cast

import pytest
from docker import APIClient
from paramiko import Channel

from ops.errors import OperationError
from ops.images.build import Image
from ops.images.publish import publish
from ops.plan.command import Secret
from ops.remote.tunnel import docker_socket
from sandbox import engine
from sandbox.patience import SILENCE

Program = subprocess.Popen[bytes]

IDLE = 2.0
"""Seconds until a silent connection is ended; an engine itself does so after five minutes."""


class Impatient:
    """What is between laptop and engine ends each connection on which nothing is said."""

    def root_shell(self, script: str) -> Channel:
        """Run a script here, in the place of sshd and sudo."""
        ours, near = socket.socketpair()
        far, its = socket.socketpair()
        with its:
            program = subprocess.Popen(
                ["bash", "-c", script], stdin=its.fileno(), stdout=its.fileno()
            )
        Thread(target=self._relay, args=(near, far, program), daemon=True).start()
        return cast(Channel, ours)

    def _relay(self, near: socket.socket, far: socket.socket, program: Program) -> None:
        with program, near, far:
            limit = IDLE
            while ready := select.select([near, far], [], [], limit)[0]:
                # Only silence before the first question: an answer takes as long as it takes.
                limit = SILENCE
                for end in ready:
                    data = end.recv(65536)
                    if not data:
                        return
                    (far if end is near else near).sendall(data)


@pytest.fixture
def impatient() -> Impatient:
    engine.connect()
    return Impatient()


def test_who_connects_late_meets_no_connection_that_has_ended(
    impatient: Impatient,
) -> None:
    with docker_socket(impatient.root_shell) as url:
        time.sleep(2 * IDLE)
        assert APIClient(base_url=url, version="auto").ping()


def test_a_connection_that_the_engine_ends_is_ended_for_its_client(impatient: Impatient) -> None:
    with docker_socket(impatient.root_shell) as url, socket.socket(socket.AF_UNIX) as client:
        client.settimeout(SILENCE)
        client.connect(url.removeprefix("unix://"))
        assert client.recv(1) == b""


def test_a_push_reaches_the_engine_on_a_connection_of_its_own(
    impatient: Impatient, tmp_path: Path
) -> None:
    image = Image("no-such-image", "1.2", tmp_path, "x", "6.1.1", "debian", "abc123", "made")
    with pytest.raises(OperationError, match=r"1\.2 failed: .*does not exist locally"):
        publish(image, Secret("x"), impatient.root_shell, lambda _: None)
