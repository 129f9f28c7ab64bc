"""Start a member's lab: the chosen image, as the host's user, and with nothing more than needed."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from docker.errors import DockerException
from traitlets import Any as AnyTrait
from traitlets import Tuple

from .accounts import Account
from .container import create_options, home_mounts, host_options, user_environment
from .form import consent
from .furnish import link_mounts, write_identity
from .idle import idle_args
from .lifetime import Lifetime
from .mounts import Mount, binds, environment


class LabSpawner(Lifetime):
    """One member's lab as a container of the host's engine."""

    account = AnyTrait(None, help="The host account of the start under way.")
    bound = Tuple(help="The mounts of the start under way.")

    def get_args(self) -> list[str]:
        """Return the options of the lab's server."""
        return [*super().get_args(), *idle_args(self.idle_hours)]

    async def start(self) -> tuple[str, int]:
        """Start the lab and return its address."""
        self.last_end = ""
        without = consent(self.user_options)
        self._forget_consent()
        self.account = await self._read_account()
        mounts = self._mounts_of(self.account)
        await self._refuse_away(mounts, without)
        if not self.user_options.get("image"):
            self.user_options = {"image": await self._newest()}
        self._prepare(self.account, mounts)
        try:
            address: tuple[str, int] = await super().start()
        except DockerException as error:
            raise self.explain(error, "start") from error
        await self._wait_until_listening(*address)
        return address

    async def pull_image(self, image: str) -> None:
        """Fetch the image, then clear the way: the container of the last time is still there."""
        try:
            await super().pull_image(image)
        except DockerException as error:
            raise self.explain(error, "fetch") from error
        if await self.get_object():
            # It may even run, where the hub has lost its database.
            await self.stop_object()
            await self.remove_object()

    async def create_object(self) -> dict[str, Any]:
        """Create the container, and make member and mounts known in it."""
        await self.begin_session()
        created: dict[str, Any] = await super().create_object()
        container = self.client, created["Id"]
        await self._in_thread(write_identity, *container, self.account)
        for problem in await self._in_thread(link_mounts, *container, self.bound):
            self.log.warning("%s: %s", self.container_name, problem)
        return created

    async def stop(self, now: bool = False) -> None:
        """Stop the lab; the container of one that ended by itself stays, for its log."""
        was_running = await self.poll() is None
        await super().stop(now)
        if was_running:
            await self.remove_object()
            self.object_id = ""

    def get_env(self) -> dict[str, str]:
        """Return the lab's environment: the member's, and JupyterHub's own for this lab."""
        env: dict[str, str] = super().get_env()
        env |= user_environment(self.account) | environment(self.bound)
        return env | self.session_environment()

    async def _wait_until_listening(self, ip: str, port: int) -> None:
        """Wait for the lab's server; JupyterHub would go on waiting for one that has ended."""
        while not (ip and await _listens(ip, port)):
            if await self.poll() is not None:
                raise await self.why_ended()
            await asyncio.sleep(0.2)

    def _prepare(self, user: Account, mounts: Sequence[Mount] = ()) -> None:
        """Set everything that depends on the account, anew at each start."""
        self.set_limits(user)
        # One that the host has yet to make cannot be bound: the engine would refuse the lab.
        self.bound = tuple(
            mount for mount in mounts if Path(self.host_root, mount.folder[1:]).is_dir()
        )
        self.mounts = [*home_mounts(user), *binds(self.bound)]
        self.extra_create_kwargs = create_options(user, self.user.name, self.container_name)
        self.extra_host_config = host_options(user, self.limits)


async def _listens(ip: str, port: int) -> bool:
    try:
        _, writer = await asyncio.wait_for(asyncio.open_connection(ip, port), timeout=1)
    except (OSError, TimeoutError):
        return False
    writer.close()
    return True
