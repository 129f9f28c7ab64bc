"""What is asked of an engine, of one that behaves as others do."""

import os
import subprocess
from pathlib import Path

import pytest

from ops.errors import FactError
from ops.plan.framing import read_answers
from ops.plan.objects import objects
from ops.plan.question import Answers, Question
from ops.plan.script import render_questions
from sandbox.patience import SILENCE

ASKED = objects("containers", "labhub-hub", "labhub-base")
FOUND = """[{"Name": "/labhub-hub"}, {"RepoTags": ["labhub-base:latest"]}]"""


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A folder of programs that come before all others."""
    return tmp_path


def ask(programs: Path, state: str, docker: str) -> Answers:
    for name, script in (("systemctl", f"echo {state}; exit 3"), ("docker", docker)):
        (programs / name).write_text(f"#!/bin/bash\n{script}\n")
        (programs / name).chmod(0o755)
    # The session has a path of its own, in which these stand first here.
    question = Question(
        ASKED.key, f"PATH={programs}:$PATH\n{ASKED.script}", ASKED.parse, ASKED.args
    )
    text = render_questions((question,), "f00d")
    done = subprocess.run(
        ["bash", "-s"], input=text, capture_output=True, text=True, timeout=SILENCE, env=os.environ
    )
    return read_answers(done.stdout.splitlines(), "f00d", "host")


def test_what_there_is_is_found_by_its_name(programs: Path) -> None:
    found = ask(programs, "active", f"echo '{FOUND}'")[ASKED]
    assert list(found) == ["labhub-hub", "labhub-base:latest"]


@pytest.mark.parametrize("state", ["inactive", "failed"])
def test_where_no_engine_runs_there_is_nothing(programs: Path, state: str) -> None:
    assert ask(programs, state, "echo asked >&2; exit 1")[ASKED] == {}


@pytest.mark.parametrize(
    "said",
    [
        "Error: No such object: labhub-hub",
        "error: no such object: labhub-hub",
        "WARNING: Error loading config file: /root/.docker/config.json: EOF\n\n"
        "Error: No such object: labhub-hub",
    ],
)
def test_what_is_not_there_is_no_failure(programs: Path, said: str) -> None:
    assert ask(programs, "active", f"echo '[]'; echo '{said}' >&2; exit 1")[ASKED] == {}


@pytest.mark.parametrize("state", ["active", "activating", ""])
def test_an_engine_that_does_not_answer_is_one(programs: Path, state: str) -> None:
    docker = "echo '[]'; echo 'Cannot connect to the Docker daemon' >&2; exit 1"
    with pytest.raises(FactError, match=r"containers .exit status 1.: Cannot connect"):
        ask(programs, state, docker)[ASKED]
