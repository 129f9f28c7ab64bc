"""What the hub keeps of a lab: the record of its start, its limits, and why it ended."""

import asyncio
import json
from datetime import datetime, timedelta, timezone
from types import SimpleNamespace
from typing import Any

import pytest
from docker.errors import NotFound
from labhub.ending import why_ended
from labhub.limits import DEFAULTS, Limits
from labhub.mounts import Mount
from labhub.provenance import Session, find_digest, make_session
from labhub.spawner import LabSpawner
from requests import Response

IMAGE = "localhost:5000/agfalta_tools:1.2"
DIGEST = f"sha256:{'d' * 64}"
FOUND = {
    "Id": f"sha256:{'1' * 64}",
    "RepoDigests": [
        f"localhost:5000/other@sha256:{'0' * 64}",
        f"localhost:5000/agfalta_tools@{DIGEST}",
    ],
    "Config": {
        "Labels": {
            "org.opencontainers.image.version": "1.2",
            "org.opencontainers.image.revision": "4f1c",
        }
    },
}
DATA = Mount("data", "/mnt/data", "nas", True, None)
LEEM = Mount("leem", "/mnt/leem", "nas", False, "leem")
NOON = datetime(2026, 7, 1, 14, tzinfo=timezone(timedelta(hours=2)))


def session(found: dict[str, Any] = FOUND, image: str = IMAGE) -> Session:
    return make_session(image, found, DEFAULTS, (DATA, LEEM), "6.1.1", NOON)


def test_a_session_is_one_line_that_says_what_it_is_made_of() -> None:
    line = session().to_json()
    assert "\n" not in line
    assert json.loads(line) == {
        "time": "2026-07-01T12:00:00Z",
        "image": "agfalta_tools:1.2",
        "digest": DIGEST,
        "id": FOUND["Id"],
        "version": "1.2",
        "revision": "4f1c",
        "jupyterhub": "6.1.1",
        "memory": "4G",
        "cpus": 2.0,
        "processes": 512,
        "idle_hours": 12.0,
        "mounts": {"data": "ro", "leem": "rw"},
    }


def test_the_lab_is_told_the_same() -> None:
    told = session().environment()
    assert told.pop("LABHUB_SESSION") == session().to_json()
    assert told == {
        "LABHUB_IMAGE": "agfalta_tools:1.2",
        "LABHUB_DIGEST": DIGEST,
        "LABHUB_VERSION": "1.2",
        "LABHUB_REVISION": "4f1c",
        "LABHUB_SUMMARY": "agfalta_tools:1.2 · 4 GB of memory, 2 cores · "
        "stops after 12 hours in which nothing runs",
    }


@pytest.mark.parametrize(
    "found",
    [
        {"Id": "sha256:1"},
        {"Id": "sha256:1", "RepoDigests": None, "Config": None},
        {"Id": "sha256:1", "RepoDigests": [], "Config": {"Labels": None}},
    ],
)
def test_an_image_of_somebody_else_s_making_is_recorded_as_well(found: dict[str, Any]) -> None:
    it = session(found, "localhost:5000/a/b:3")
    assert (it.image, it.digest, it.id, it.version) == ("a/b:3", None, "sha256:1", None)
    assert "LABHUB_DIGEST" not in it.environment()


def test_the_digest_is_that_of_the_registry_s_own_repository() -> None:
    names = ["localhost:5000/tools2@a", "elsewhere/tools@b", "localhost:5000/tools@c"]
    assert find_digest(names, "localhost:5000/tools") == "c"
    assert find_digest(names, "tools") is None


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ({"ExitCode": 137, "OOMKilled": True}, "Your lab had taken all of its 4 GB of memory"),
        ({"ExitCode": 137, "OOMKilled": False}, "Your lab was ended from outside"),
        ({"ExitCode": 255}, "Your lab was ended from outside"),
        ({"ExitCode": 1}, "Your lab ended by an error (exit status 1)"),
    ],
)
def test_an_end_that_nobody_wished_is_explained(state: dict[str, Any], said: str) -> None:
    sentence = why_ended(state, DEFAULTS)
    assert sentence.startswith(said)
    assert "files" in sentence


@pytest.mark.parametrize("state", [{"ExitCode": 0}, {"ExitCode": 143}, {}])
def test_nothing_is_said_of_a_lab_that_ended_as_it_should(state: dict[str, Any]) -> None:
    # A kernel that was killed yesterday is no reason why the lab is stopped today.
    assert why_ended({**state, "OOMKilled": True}, DEFAULTS) == ""


class Engine:
    """A Docker client that knows one container and one image."""

    def __init__(self, container: dict[str, Any] | None) -> None:
        self.container = container

    def inspect_container(self, name: str) -> dict[str, Any]:
        if self.container is None:
            response = Response()
            response.status_code = 404
            raise NotFound("gone", response)
        return self.container

    def inspect_image(self, name: str) -> dict[str, Any]:
        assert name == IMAGE
        return FOUND


def make_spawner(container: dict[str, Any] | None) -> LabSpawner:
    spawner = LabSpawner()
    spawner.user = SimpleNamespace(name="alice")
    spawner.image = IMAGE
    engine = Engine(container)
    # The client is one for all spawners, kept by its class.
    spawner.docker = lambda method, *args: asyncio.to_thread(getattr(engine, method), *args)
    return spawner


def ended(status: int, oom: bool) -> dict[str, Any]:
    state = {"Running": False, "ExitCode": status, "OOMKilled": oom, "Error": "", "FinishedAt": ""}
    return {"Id": "1", "State": state}


def test_why_a_lab_ended_outlives_its_spawner_and_the_hub() -> None:
    spawner = make_spawner(ended(137, True))
    spawner.limits = Limits("16G")
    asyncio.run(spawner.poll())
    assert "16 GB" in spawner.last_end
    # This is what JupyterHub does with a lab that ended, before it drops the spawner.
    spawner.clear_state()
    kept = json.loads(json.dumps(spawner.get_state()))
    again = make_spawner(None)
    again.load_state(kept)
    assert again.last_end == spawner.last_end
    assert again.limits == Limits("16G")
    assert again.summary.startswith("16 GB of memory")


def test_of_a_lab_that_was_stopped_nothing_is_said() -> None:
    spawner = make_spawner(None)
    spawner.last_end = "before"
    asyncio.run(spawner.poll())
    assert spawner.last_end == ""


def test_a_lab_that_runs_has_not_ended() -> None:
    spawner = make_spawner({"Id": "1", "State": {"Running": True}})
    assert asyncio.run(spawner.poll()) is None
    assert spawner.last_end == ""


@pytest.mark.parametrize("state", [{}, {"limits": {"of": "another version"}}, {"limits": None}])
def test_a_state_of_another_hub_is_no_hindrance(state: dict[str, Any]) -> None:
    spawner = make_spawner(None)
    spawner.load_state(state)
    assert spawner.limits == DEFAULTS


def test_the_record_is_made_of_the_image_that_the_engine_has_now() -> None:
    spawner = make_spawner(None)
    spawner.bound = (DATA,)
    asyncio.run(spawner.begin_session())
    assert spawner.session_environment()["LABHUB_DIGEST"] == DIGEST
    line = spawner.session_environment()["LABHUB_SESSION"]
    assert json.loads(line)["mounts"] == {"data": "ro"}
