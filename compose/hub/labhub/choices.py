"""What a member may choose from, as of now: the registry's images, and mounts to do without."""

import asyncio
from collections.abc import Awaitable, Sequence
from pathlib import Path
from typing import Any

from dockerspawner import DockerSpawner
from traitlets import Unicode, default

from .accounts import Account, AccountError, find_account, home_owner
from .catalogue import Catalogue, newest, references
from .errors import SpawnError
from .form import consent, parse_choice, render_down, render_form
from .guard import Guard
from .hostfiles import HostFilesError, read_host_files
from .mounts import Mount, MountsError, given, read_mounts
from .registry import Registry, RegistryDownError

ENGINE_REGISTRY = "localhost:5000"
"""The registry's address for the host's engine, which allows plain HTTP to its own host alone."""


class Choices(DockerSpawner):  # type: ignore[misc]
    """The spawn page of one member, and the checks of what is chosen there or by REST."""

    hub_image = Unicode(help="The hub's own image, with which host files are read.").tag(
        config=True
    )
    host_root = Unicode("/", help="Where the host's /home and mounts are found.").tag(config=True)
    image_name = Unicode(help="The image that is meant where none is named.").tag(config=True)
    registry_url = Unicode("unix:///run/registry/socket").tag(config=True)
    mounts_file = Unicode("/etc/labhub/mounts.json", help="What `inv mounts` wrote.").tag(
        config=True
    )
    user_options: Any
    guard = Guard()

    @default("options_form")
    def _options_form_default(self) -> Any:
        # A callable is asked at each request: a text would hide new tags until the lab is stopped.
        return Choices.render_options

    async def render_options(self) -> str:
        """Render the choice of versions as the registry has them now, and the mounts."""
        try:
            catalogue = await self._catalogue()
        except RegistryDownError as error:
            self.log.warning("The registry does not answer: %s", error)
            return render_down()
        mounts = await self._offered() if catalogue else ()
        away = await self.guard.find_away(mounts)
        return render_form(catalogue, self.image_name, mounts, away)

    @default("options_from_form")
    def _options_from_form_default(self) -> Any:
        return self._read_choice

    async def _read_choice(self, form: Any) -> dict[str, Any]:
        """Read the form, and refuse it here, where JupyterHub shows it again.

        A start that is refused after more than a second ends on a page without the form.
        """
        choice = parse_choice(form)
        await self._refuse_away(await self._offered(), consent(choice))
        return choice

    async def check_allowed(self, image: object) -> str:
        """Return the engine's name of an image that the registry holds; refuse any other."""
        if not isinstance(image, str) or image not in references(await self._images()):
            # JupyterHub has kept the choice already, and would try it again by itself.
            self._keep_for_next_time({})
            raise SpawnError(400, f"There is no image {str(image)[:100]!r} in the registry.")
        return f"{ENGINE_REGISTRY}/{image}"

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

    async def _offered(self) -> tuple[Mount, ...]:
        """Return the mounts that the member would get now; groups are read where one matters."""
        mounts = self._read_mounts()
        if any(mount.group for mount in mounts):
            return self._mounts_of(await self._read_account())
        return mounts

    def _mounts_of(self, user: Account) -> tuple[Mount, ...]:
        return given(self._read_mounts(), (group.name for group in user.groups))

    def _read_mounts(self) -> tuple[Mount, ...]:
        try:
            return read_mounts(Path(self.mounts_file))
        except MountsError as error:
            self.log.error("Cannot read %s: %s", self.mounts_file, error)
            raise SpawnError(
                500,
                "The server's list of mounts cannot be read; ask the operator to type inv mounts.",
            ) from error

    async def _refuse_away(self, mounts: Sequence[Mount], without: frozenset[str]) -> None:
        """Refuse to start without a mount, unless the member will do without it."""
        needed = [mount for mount in mounts if mount.name not in without]
        if away := await self.guard.find_away(needed):
            raise SpawnError(503, " ".join(it.sentence for it in away))

    def _forget_consent(self) -> None:
        """Let the consent hold for one start: JupyterHub keeps all options for the next."""
        self.user_options = {k: v for k, v in self.user_options.items() if k != "without"}
        self._keep_for_next_time(self.user_options)

    def _keep_for_next_time(self, options: dict[str, Any]) -> None:
        self.orm_spawner.user_options = options
        # At once: the next request would roll back what nobody has committed.
        self.db.commit()

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
