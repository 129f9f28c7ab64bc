"""`make clean` takes away what its own clone made, and nothing else on the engine."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox import engine
from sandbox.layout import LABEL, ROOT
from sandbox.running import Sandbox

OTHER_VOLUME = "labhub-not-ours"


@pytest.fixture
def clone(tmp_path: Path) -> Iterator[Path]:
    """Copy what a sandbox needs into a second clone; remove its sandboxes afterwards."""
    folder = (tmp_path / "a clone").resolve()
    for name in ("sandbox", "ops"):
        shutil.copytree(ROOT / name, folder / name)
    yield folder
    subprocess.run([str(folder / "sandbox/clean.sh"), "sandboxes"], check=True)


def test_only_the_own_clone_is_cleaned(clone: Path, bare: Sandbox) -> None:
    client = engine.connect()
    code = "from sandbox import host; host.up('one'); host.up('two')"
    subprocess.run([sys.executable, "-c", code], cwd=clone, check=True)
    (clone / ".env.real").write_text("LAB_HOST=lab.example\n")
    other = client.volumes.create(OTHER_VOLUME)
    mine: dict[str, str | list[str] | bool] = {"label": f"{LABEL}={clone}"}
    try:
        assert len(client.containers.list(filters=mine)) == 2
        subprocess.run([str(clone / "sandbox/clean.sh"), "sandboxes"], check=True)
        assert not client.containers.list(all=True, filters=mine)
        assert not client.volumes.list(filters=mine)
        assert not client.images.list(filters=mine)
        assert not (clone / ".sandbox").exists()
        assert [path.name for path in clone.glob(".env.*")] == [".env.real"]
        bare.container.reload()
        assert bare.container.status == "running"
        assert client.images.get(bare.layout.image)
        assert OTHER_VOLUME in [volume.name for volume in client.volumes.list()]
    finally:
        other.remove()


def test_the_engine_stays_while_another_clone_uses_it(clone: Path, bare: Sandbox) -> None:
    done = subprocess.run(
        [str(clone / "sandbox/clean.sh"), "engine"], capture_output=True, text=True, check=True
    )
    assert "another clone" in done.stderr
    bare.container.reload()
    assert bare.container.status == "running"
