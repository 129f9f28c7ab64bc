"""What the browser asks, and which of its requests mean that somebody works."""

import json
from typing import Any

from jupyter_server.base.handlers import APIHandler
from jupyter_server.utils import url_path_join
from tornado import web

from .watch import Watch

POLLS = ("GET", "HEAD", "OPTIONS")


class StatusHandler(APIHandler):  # type: ignore[misc]
    """`GET /lab-session`; with `?used=1` when keys or mouse were used since the last time."""

    _track_activity = False

    def initialize(self, watch: Watch) -> None:
        """Take what the route hands on."""
        self.watch = watch

    @web.authenticated
    def get(self) -> None:
        """Tell what the lab takes and how long it stays."""
        if self.get_query_argument("used", ""):
            self.watch.use()
        self.finish(json.dumps(self.watch.status()))

    def _log(self) -> None:
        # Every open tab asks every few seconds: the lab's log is for other things.
        if self.get_status() >= 400:
            super()._log()


def routes(base_url: str, watch: Watch) -> list[tuple[str, type, dict[str, Any]]]:
    """Return where the lab answers."""
    return [(url_path_join(base_url, "lab-session"), StatusHandler, {"watch": watch})]


def count_only_intended_requests() -> None:
    """Let a tab that is merely open, and asks for news every ten seconds, be no activity."""
    original = APIHandler.update_api_activity

    def update(handler: APIHandler) -> None:
        if handler.request.method not in POLLS:
            original(handler)

    APIHandler.update_api_activity = update
