"""What the hub keeps of one lab from its start to its end: limits, record, and why it ended."""

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jupyterhub
from traitlets import Instance, Unicode

from .accounts import Account
from .choices import Choices
from .ending import why_ended
from .limits import DEFAULTS, Limits, describe, in_bytes, read_limits
from .provenance import Session, make_session
from .shared import FOLDER


class Lifetime(Choices):
    """A spawner that knows the limits and the image of its lab, also after the hub's restart."""

    limits_file = Unicode(f"{FOLDER}/limits.json", help="What `inv deploy` wrote.").tag(config=True)
    limits = Instance(Limits, args=(), help="Those of the lab that runs or was started last.")
    session = Instance(Session, allow_none=True, help="The record of the start under way.")
    last_end = Unicode("", help="Why the last lab ended, where nobody had wished it.")

    @property
    def idle_hours(self) -> float:
        """After how many idle hours the lab ends; 0 stands for never."""
        return float(self.limits.idle_hours)

    @property
    def summary(self) -> str:
        """What the lab may take and how long it stays, for the pages."""
        return describe(self.limits)

    def get_state(self) -> dict[str, Any]:
        """Return what the hub's database keeps: JupyterHub drops the spawner with its lab."""
        state: dict[str, Any] = super().get_state()
        return {**state, "limits": asdict(self.limits), "last_end": self.last_end}

    def load_state(self, state: dict[str, Any]) -> None:
        """Take it up again."""
        super().load_state(state)
        try:
            self.limits = Limits(**state.get("limits", {}))
        except TypeError:
            # Of another version of the hub.
            self.limits = DEFAULTS
        self.last_end = state.get("last_end", "")

    async def poll(self) -> str | int | None:
        """Tell whether the lab runs; note why one that was not stopped does not."""
        status: str | int | None = await super().poll()
        if status is not None:
            container = await self.get_object()
            self.last_end = why_ended(container["State"], self.limits) if container else ""
        return status

    def set_limits(self, user: Account) -> None:
        """Read the limits anew, as the member's groups are now."""
        groups = {group.name for group in user.groups}
        self.limits = read_limits(Path(self.limits_file), self.user.name, groups)
        self.mem_limit = in_bytes(self.limits.memory)
        self.cpu_limit = self.limits.cpus

    async def begin_session(self) -> None:
        """Look up the image that is about to be started, and write the record of it."""
        found = await self.docker("inspect_image", self.image)
        version = jupyterhub.__version__
        now = datetime.now(UTC)
        self.session = make_session(self.image, found, self.limits, self.bound, version, now)
        self.log.info("%s runs %s", self.container_name, self.session.to_json())

    def session_environment(self) -> dict[str, str]:
        """Return what the lab is told of its session."""
        return self.session.environment() if self.session else {}
