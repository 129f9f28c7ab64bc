"""What a start tells its member, while it goes on and where it ends early."""

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from docker.errors import APIError, NotFound
from jupyterhub.utils import aclosing
from labhub.errors import SpawnError, ended, refused, sentence
from labhub.progress import Story, Told
from labhub.spawner import LabSpawner


async def hear(story: Story, count: int) -> list[str]:
    heard = []
    async with aclosing(story.listen()) as events:
        async for event in events:
            heard.append(f"{event['progress']} {event['message']}")
            if len(heard) == count:
                break
    return heard


def test_everybody_hears_all_from_the_first_sentence_on() -> None:
    async def run() -> None:
        story = Story()
        early = asyncio.create_task(hear(story, 3))
        for number, text in enumerate(("one", "two", "three")):
            await asyncio.sleep(0)
            story.tell(number, text)
        late = await hear(story, 3)
        assert await early == late == ["0 one", "1 two", "2 three"]

    asyncio.run(run())


def test_a_new_start_begins_a_new_story() -> None:
    spawner = LabSpawner()
    spawner.tell(5, "of the last start")
    spawner.clear_state()
    spawner.tell(5, "of this one")

    async def first() -> Any:
        async with aclosing(spawner.progress()) as events:
            return await anext(events)

    assert asyncio.run(first())["message"] == "of this one"


def test_each_step_is_told_around_the_engine_s_work(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    class Here(Told):
        def docker(self, method: str, *args: object, **kwargs: object) -> Any:
            async def answer() -> dict[str, Any]:
                asked.append(method)
                return {"Id": "x"}

            return answer()

    spawner = Here(pull_policy="always")
    spawner.user = SimpleNamespace(name="alice")
    told: list[str] = []
    monkeypatch.setattr(spawner.story, "tell", lambda _, message: told.append(message))
    asyncio.run(spawner.pull_image("localhost:5000/a/tools:1.2"))
    asyncio.run(spawner.start_object())
    assert asked == ["pull", "start"]
    assert told == ["Fetching tools 1.2 …", "Waiting for JupyterLab to answer …"]


@pytest.mark.parametrize(
    ("said", "doing", "words"),
    [
        ("write /x: no space left on device", "fetch", "The server's disk is full"),
        (
            "manifest for a:1 not found: manifest unknown: x",
            "fetch",
            "gone from the lab's registry",
        ),
        ("No such image: localhost:5000/a:1", "start", "gone from the lab's registry"),
        ("connection refused", "fetch", "could not fetch"),
        (
            'invalid mount config for type "bind": bind source path does not exist: '
            "/srv/labhub/data",
            "start",
            "The share data is not mounted",
        ),
        ("bind source path does not exist: /home/jupyter-alice", "start", "home folder is missing"),
        ("fork/exec: cannot allocate memory", "start", "no memory left"),
        ("something else", "start", "could not start this version"),
    ],
)
def test_what_the_engine_says_becomes_one_sentence(said: str, doing: str, words: str) -> None:
    for error in (NotFound(said), APIError("500", explanation=said)):
        found = refused(error, doing).jupyterhub_message
        assert words in found
        assert "tell" in found or "try" in found or "ask" in found or "choose" in found


def test_a_lab_that_ended_says_why() -> None:
    killed = ended({"OOMKilled": True}, "", 4 * 1024**3)
    assert "its 4 GB of memory" in killed.jupyterhub_message
    assert "0.5 GB" in ended({"OOMKilled": True}, "", 512 * 1024**2).jupyterhub_message
    assert "the memory it may have" in ended({"OOMKilled": True}, "", None).jupyterhub_message
    full = ended({}, "OSError: [Errno 28] No space left on device: '/home/x'", 1)
    assert "home folder is full" in full.jupyterhub_message
    assert "Disk quota" not in ended({}, "Disk quota exceeded", 1).jupyterhub_message
    assert "try another" in ended({}, "Traceback", 1).jupyterhub_message


def spawner_after(make: Callable[[asyncio.Future[None]], object]) -> LabSpawner:
    spawner = LabSpawner()

    async def run() -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        make(future)
        spawner._spawn_future = future

    asyncio.run(run())
    return spawner


def test_the_last_failure_is_told_until_the_next_start() -> None:
    assert LabSpawner().last_failure == ""
    assert spawner_after(lambda it: it.set_result(None)).last_failure == ""
    assert spawner_after(lambda it: it.cancel()).last_failure == "", "a member who cancels knows"
    failed = spawner_after(lambda it: it.set_exception(SpawnError(500, "The disk is full.")))
    assert failed.last_failure == "The disk is full."


def test_an_error_of_somebody_else_s_is_a_sentence_too() -> None:
    late = RuntimeError("Server at http://198.19.64.9:8888 didn't respond in 120 seconds")
    late.reason = "timeout"  # type: ignore[attr-defined]  # as JupyterHub does
    assert "did not answer in time" in sentence(late)
    assert "did not answer in time" in sentence(TimeoutError())
    assert "KeyError" not in sentence(KeyError("x"))
