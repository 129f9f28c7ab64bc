"""What the files of this story share; their host is made by the conftest one folder above."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.running import Sandbox
from tests.conftest import PASSWORD
from tests.sandbox.images import NAME, RECIPE, shown
from tests.sandbox.inv import ROOT, Inv, Outcome
from tests.sandbox.look import sh

__all__ = ["PASSWORD"]


@pytest.fixture
def recipe(inv: Inv, pushed: Outcome) -> Iterator[Path]:
    """An image of its own beside the package's, for one test alone."""
    left = [tag for tag in shown(inv) if tag.startswith(f"{NAME}:") and not tag.endswith(":latest")]
    if left:
        options = [word for tag in left for word in ("--tag", tag.partition(":")[2])]
        inv.ok("remove-tag", "--image", NAME, *options, "--force")
    folder = ROOT / "lab-image" / NAME
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    (folder / "Dockerfile").write_text(RECIPE)
    yield folder / "Dockerfile"
    shutil.rmtree(folder)


@pytest.fixture
def no_records(host: Sandbox) -> None:
    """Nobody has worked with any image, as far as the records in the homes say."""
    sh(host, "rm -f /home/jupyter-*/.labhub/sessions.jsonl")
