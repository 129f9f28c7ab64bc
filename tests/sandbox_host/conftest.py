"""Real sandbox hosts, each removed again when the tests are through with it."""

from collections.abc import Iterator

import pytest

from sandbox import host
from sandbox.running import Sandbox


@pytest.fixture(scope="module")
def bare() -> Iterator[Sandbox]:
    """Bring up a bare host; what a test leaves on it, the next one of the module finds."""
    yield host.up("t-bare")
    host.down("t-bare")


@pytest.fixture(scope="module")
def machine() -> Iterator[Sandbox]:
    """Bring up a bare host that stands for a fresh laptop, with this repository's scripts on it."""
    running = host.up("t-machine")
    running.container.put_archive("/opt", _packed("sandbox"))
    yield running
    host.down("t-machine")


def _packed(folder: str) -> bytes:
    import io
    import tarfile

    from sandbox.layout import ROOT

    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        archive.add(ROOT / folder, arcname=folder)
    return packed.getvalue()
