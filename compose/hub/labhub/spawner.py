"""Start a member's lab: the chosen image, as the host's user, and with nothing more than needed."""

import asyncio
from collections.abc import Awaitable
from pathlib import Path
from typing import Any

from docker.errors import DockerException
from dockerspawner import DockerSpawner
from traitlets import Any as AnyTrait
from traitlets import Float, Integer, Unicode, default

from .accounts import Account, AccountError, find_account, home_owner
from .catalogue import Catalogue, newest, references
from .container import create_options, home_mounts, host_options, user_environment
from .errors import SpawnError
from .form import render_down, render_form
from .hostfiles import HostFilesError, read_file, read_host_files
from .identity import pack, with_groups, with_user
from .idle import idle_args
from .registry import Registry, RegistryDownError

ENGINE_REGISTRY = "localhost:5000"
"""The registry's address for the host's engine, which allows plain HTTP to its own host alone."""


class LabSpawner(DockerSpawner):  # type: ignore[misc]
    """One member's lab as a container of the host's engine."""

    hub_image = Unicode(help="The hub's own image, with which host files are read.").tag(
        config=True
    )
    host_root = Unicode("/", help="Where the host's /home is found.").tag(config=True)
    image_name = Unicode(help="The image that is meant where none is named.").tag(config=True)
    registry_url = Unicode("http://registry:5000").tag(config=True)
    process_limit = Integer(512).tag(config=True)
    idle_hours = Float(12.0, help="0 keeps idle labs for ever.").tag(config=True)
    user_options: Any
    account = AnyTrait(None, help="The host account of the start under way.")

    @default("options_form")
    def _options_form_default(self) -> Any:
        # A callable is asked at each request: a text would hide new tags until the lab is stopped.
        return LabSpawner.render_options

    async def render_options(self) -> str:
        """Render the choice of versions as the registry has them now."""
        try:
            return render_form(await self._catalogue(), self.image_name)
        except RegistryDownError as error:
            self.log.warning("The registry does not answer: %s", error)
            return render_down()

    @default("options_from_form")
    def _options_from_form_default(self) -> Any:
        return lambda form: {"image": form.get("image", [""])[0]}

    def get_args(self) -> list[str]:
        """Return the options of the lab's server."""
        return [*super().get_args(), *idle_args(self.idle_hours)]

    async def check_allowed(self, image: object) -> str:
        """Return the engine's name of an image that the registry holds; refuse any other."""
        if not isinstance(image, str) or image not in references(await self._images()):
            # JupyterHub has kept the choice already, and would try it again by itself.
            self.orm_spawner.user_options = {}
            raise SpawnError(400, f"There is no image {str(image)[:100]!r} in the registry.")
        return f"{ENGINE_REGISTRY}/{image}"

    async def start(self) -> tuple[str, int]:
        """Start the lab and return its address."""
        self.account = await self._read_account()
        if not self.user_options.get("image"):
            self.user_options = {"image": await self._newest()}
        self._prepare(self.account)
        try:
            address: tuple[str, int] = await super().start()
        except DockerException as error:
            self.log.error("Cannot start %s: %s", self.container_name, error)
            raise SpawnError(
                500, "The server could not start this version; try another."
            ) from error
        await self._wait_until_listening(*address)
        return address

    async def pull_image(self, image: str) -> None:
        """Fetch the image, then clear the way: the container of the last time is still there."""
        try:
            await super().pull_image(image)
        except DockerException as error:
            self.log.error("Cannot pull %s: %s", image, error)
            raise SpawnError(
                503, "The server could not fetch this image from its registry; try again."
            ) from error
        if await self.get_object():
            # It may even run, where the hub has lost its database.
            await self.stop_object()
            await self.remove_object()

    async def create_object(self) -> dict[str, Any]:
        """Create the container and make the member known in it."""
        created: dict[str, Any] = await super().create_object()
        await self._in_thread(_write_identity, self.client, created["Id"], self.account)
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
        return env | user_environment(self.account)

    async def _wait_until_listening(self, ip: str, port: int) -> None:
        """Wait for the lab's server; JupyterHub would go on waiting for one that has ended."""
        while not (ip and await _listens(ip, port)):
            if await self.poll() is not None:
                raise SpawnError(
                    500,
                    "This version ended while it was starting; try another one, and tell the "
                    "operator.",
                )
            await asyncio.sleep(0.2)

    def _prepare(self, user: Account) -> None:
        """Set everything that depends on the account, anew at each start."""
        self.mounts = home_mounts(user)
        self.extra_create_kwargs = create_options(user, self.user.name, self.container_name)
        self.extra_host_config = host_options(user, self.mem_limit, self.process_limit)

    async def _read_account(self) -> Account:
        owner = home_owner(self.user.name, Path(self.host_root))
        try:
            files = await self._in_thread(read_host_files, self.client, self.hub_image)
            return find_account(self.user.name, owner, *files)
        except AccountError as problem:
            raise SpawnError(403, f"{problem} Ask the operator.") from problem
        except HostFilesError as error:
            self.log.error("Cannot read the host's accounts: %s", error)
            raise SpawnError(503, "The server's accounts cannot be read; try again.") from error

    def _catalogue(self) -> Awaitable[Catalogue]:
        return Registry(self.registry_url, self.image_name).catalogue()

    async def _images(self) -> Catalogue:
        try:
            return await self._catalogue()
        except RegistryDownError as error:
            raise SpawnError(503, "The lab's registry does not answer; try again.") from error

    async def _newest(self) -> str:
        found = newest(await self._images(), self.image_name)
        if found is None:
            raise SpawnError(400, f"There is no version of {self.image_name} in the registry yet.")
        return found

    def _in_thread(self, function: Any, *args: object) -> Awaitable[Any]:
        return asyncio.wrap_future(self.executor.submit(function, *args))


def _write_identity(client: Any, container: str, user: Account) -> None:
    files = {
        "passwd": with_user(read_file(client, container, "/etc/passwd"), user),
        "group": with_groups(read_file(client, container, "/etc/group"), user),
    }
    client.put_archive(container, "/etc", pack(files))


async def _listens(ip: str, port: int) -> bool:
    try:
        _, writer = await asyncio.wait_for(asyncio.open_connection(ip, port), timeout=1)
    except (OSError, TimeoutError):
        return False
    writer.close()
    return True
