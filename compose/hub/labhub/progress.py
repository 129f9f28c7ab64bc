"""Tell a member, step by step, what a start is doing, and in one sentence why it ended early."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from docker.errors import DockerException
from dockerspawner import DockerSpawner
from traitlets import Instance

from .errors import SpawnError, ended, refused, sentence

LOG_LINES = 40

Event = dict[str, Any]


class Story:
    """The sentences of one start, for everybody who listens, from the first one on."""

    def __init__(self) -> None:
        self._events: list[Event] = []
        self._news = asyncio.Event()

    def tell(self, progress: int, message: str) -> None:
        """Add a sentence; `progress` is out of 100."""
        self._events.append({"progress": progress, "message": message})
        self._news.set()
        self._news = asyncio.Event()

    async def listen(self) -> AsyncIterator[Event]:
        """Yield what was told and what will be; JupyterHub ends it with the start."""
        heard = 0
        while True:
            news = self._news
            while heard < len(self._events):
                heard += 1
                # A copy: JupyterHub takes away what it does not want in an event.
                yield dict(self._events[heard - 1])
            await news.wait()


class Told(DockerSpawner):  # type: ignore[misc]
    """A spawner whose steps are told, and whose failures are sentences."""

    story = Instance(Story, ())

    @property
    def last_failure(self) -> str:
        """Why the last start failed, in one sentence; empty where it did not."""
        start = self._spawn_future
        # One that was cancelled did not fail, and raises when it is asked.
        if self.active or start is None or not start.done() or start.cancelled():
            return ""
        error = start.exception()
        return sentence(error) if error else ""

    def clear_state(self) -> None:
        """Forget the last start: JupyterHub calls this first in each."""
        super().clear_state()
        self.story = Story()

    def tell(self, progress: int, message: str) -> None:
        """Say what is done now."""
        self.story.tell(progress, message)

    async def progress(self) -> AsyncIterator[Event]:
        """Yield the events of the start under way."""
        async for event in self.story.listen():
            yield event

    async def pull_image(self, image: str) -> None:
        """Fetch the image, as far as the server does not have it."""
        name, _, tag = image.rpartition("/")[2].rpartition(":")
        self.tell(30, f"Fetching {name} {tag} …")
        await super().pull_image(image)

    async def create_object(self) -> dict[str, Any]:
        """Create the container."""
        self.tell(60, "Making your container …")
        created: dict[str, Any] = await super().create_object()
        return created

    async def start_object(self) -> None:
        """Start the container."""
        await super().start_object()
        self.tell(80, "Waiting for JupyterLab to answer …")

    def explain(self, error: DockerException, doing: str) -> SpawnError:
        """Log what the engine said, and return the member's sentence for it."""
        self.log.error("Cannot %s %s: %s", doing, self.container_name, error)
        return refused(error, doing)

    async def why_ended(self) -> SpawnError:
        """Ask the engine why the container, which has ended, did so."""
        try:
            container = await self.get_object()
            log = await self.docker("logs", self.object_id, tail=LOG_LINES)
        except DockerException as error:
            return self.explain(error, "start")
        said = log.decode(errors="replace") if isinstance(log, bytes) else str(log)
        self.log.error("%s ended while it was starting: %s", self.container_name, said)
        return ended((container or {}).get("State", {}), said, self.mem_limit)
