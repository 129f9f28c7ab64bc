"""Real sandbox hosts, each removed again when the tests are through with it."""

from collections.abc import Iterator

import pytest

from sandbox.running import Sandbox
from tests.sandbox.states import States
from tests.stories import host_speaks


@pytest.fixture(scope="module")
def bare(request: pytest.FixtureRequest, states: States) -> Iterator[Sandbox]:
    """Bring up a bare host; what a test leaves on it, the next one of the module finds."""
    name = f"t-bare-{request.path.stem.removeprefix('test_')}"
    with states.host(name) as running, host_speaks(request.config, running.diagnose):
        yield running


@pytest.fixture(scope="module")
def machine(request: pytest.FixtureRequest, states: States) -> Iterator[Sandbox]:
    """Bring up a bare host that stands for a fresh laptop, with this repository's scripts on it."""
    # One for each module, which may run beside another.
    name = f"t-machine-{request.path.stem.removeprefix('test_')}"
    with states.host(name) as running, host_speaks(request.config, running.diagnose):
        running.container.put_archive("/opt", _packed("sandbox"))
        yield running


def _packed(folder: str) -> bytes:
    import io
    import tarfile

    from sandbox.layout import ROOT

    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        archive.add(ROOT / folder, arcname=folder)
    return packed.getvalue()
