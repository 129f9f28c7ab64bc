"""What a hub on this machine has in the place of an engine, a proxy and slow hashes."""

import asyncio
from pathlib import Path
from typing import Any

import bcrypt
from jupyterhub.proxy import Proxy
from labhub.errors import SpawnError, ended
from labhub.guard import Guard
from labhub.limits import in_bytes
from labhub.mounts import Mount
from labhub.shared import read_json
from labhub.spawner import LabSpawner
from tornado.httpserver import HTTPServer
from tornado.testing import bind_unused_port
from tornado.web import Application, RequestHandler
from traitlets import Unicode


def few_rounds() -> None:
    """Let the real bcrypt take milliseconds instead of a quarter of a second."""
    salt = bcrypt.gensalt
    bcrypt.gensalt = lambda rounds=4, prefix=b"2b": salt(rounds, prefix)


class NoProxy(Proxy):  # type: ignore[misc]
    """Routes that nobody uses: the browser speaks to the hub itself."""

    should_start = False

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self._routes: dict[str, dict[str, Any]] = {}

    async def add_route(self, routespec: str, target: str, data: dict[str, Any]) -> None:
        """Keep a route."""
        self._routes[routespec] = {"routespec": routespec, "target": target, "data": data}

    async def delete_route(self, routespec: str) -> None:
        """Forget a route."""
        self._routes.pop(routespec, None)

    async def get_all_routes(self) -> dict[str, dict[str, Any]]:
        """Return the routes that are kept."""
        return dict(self._routes)


class Page(RequestHandler):
    """All that such a lab has to show."""

    def get(self, path: str) -> None:
        """Answer."""
        self.finish("{}")


class LabHere(LabSpawner):
    """A lab in the hub's own process; all that a member sees of it is the hub's own."""

    folder = Unicode().tag(config=True)
    guard = Guard()
    _listener: HTTPServer | None = None

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        # A share is away where the folder has a file of its name.
        self.guard = Guard(self._look, limit=2)

    def _look(self, mount: Mount) -> str | None:
        reason = Path(self.folder, f"away-{mount.name}")
        return reason.read_text() if reason.exists() else None

    async def _read_account(self) -> Any:
        self.tell(5, "Looking up your account …")

    def _mounts_of(self, user: object) -> tuple[Mount, ...]:
        return self._read_mounts()

    async def start(self) -> tuple[str, int]:
        """Start as `start.json` says: held at the last step for as long, then with such an end.

        Without an image, as a program may ask for it, no registry is needed.
        """
        without = frozenset(self.user_options.get("without", ()))
        await self._read_account()
        await self._refuse_away(self._read_mounts(), without)
        image = self.user_options.get("image", "")
        if image:
            await self.check_allowed(image)
        name, _, tag = image.rpartition(":")
        steps = [(30, f"Fetching {name} {tag} …"), (60, "Making your container …")]
        for step in [*steps, (80, "Waiting for JupyterLab to answer …")]:
            self.tell(*step)
        while (how := self._how()).get("hold"):
            await asyncio.sleep(0.1)
        if how.get("end") == "memory":
            raise ended({"OOMKilled": True}, "", in_bytes(self.limits.memory))
        if how.get("end"):
            raise SpawnError(500, how["end"])
        listening, port = bind_unused_port()
        self._listener = HTTPServer(Application([(r"/(.*)", Page)]))
        self._listener.add_socket(listening)
        return "127.0.0.1", port

    def _how(self) -> dict[str, Any]:
        how: dict[str, Any] = read_json("start.json", {}, Path(self.folder))
        return how

    async def poll(self) -> int | None:
        """Say whether it runs."""
        return None if self._listener else 0

    async def stop(self, now: bool = False) -> None:
        """Stop it."""
        if self._listener:
            self._listener.stop()
            self._listener = None
