"""What a member may choose from, as of now: the registry's images, and mounts to do without."""

import asyncio
from collections.abc import Awaitable, Sequence
from pathlib import Path
from typing import Any

from traitlets import Unicode, default

from .accounts import Account, AccountError, find_account, home_owner
from .catalogue import Catalogue, newest, references
from .errors import SpawnError
from .form import Offered, consent, parse_choice, render_down, render_form
from .guard import Guard
from .hostfiles import HostFilesError, read_host_files
from .mounts import Mount, MountsError, given, read_mounts
from .progress import Told
from .registry import Known, Registry, RegistryDownError
from .shared import FOLDER, read_json

ENGINE_REGISTRY = "localhost:5000"
"""The registry's address for the host's engine, which allows plain HTTP to its own host alone."""


class Choices(Told):
    """The spawn page of one member, and the checks of what is chosen there or by REST."""

    hub_image = Unicode(help="The hub's own image, with which host files are read.").tag(
        config=True
    )
    host_root = Unicode("/", help="Where the host's /home and mounts are found.").tag(config=True)
    image_name = Unicode(help="The image that is meant where none is named.").tag(config=True)
    registry_url = Unicode("http://registry:5000").tag(config=True)
    mounts_file = Unicode("/etc/labhub/mounts.json", help="What `inv mounts` wrote.").tag(
        config=True
    )
    labels_file = Unicode(f"{FOLDER}/images.json", help="What `inv tag` wrote.").tag(config=True)
    user_options: Any
    guard = Guard()
    known = Known()
    _refused: dict[str, Any] | None = None

    @default("options_form")
    def _options_form_default(self) -> Any:
        # A callable is asked at each request: a text would hide new tags until the lab is stopped.
        return Choices.render_options

    async def render_options(self) -> str:
        """Render the choice of versions as the registry has them now, and the mounts."""
        refused, self._refused = self._refused, None
        registry = self._registry()
        try:
            catalogue = await registry.catalogue()
        except RegistryDownError as error:
            self.log.warning("The registry does not answer: %s", error)
            return render_down()
        mounts = await self._offered() if catalogue else ()
        away, details = await asyncio.gather(
            self.guard.find_away(mounts), registry.details(catalogue)
        )
        last = (self.orm_spawner.user_options or {}).get("image")
        offered = Offered(
            catalogue=catalogue,
            first=self.image_name,
            details=details,
            labels=self._read_labels(),
            last=last if isinstance(last, str) else None,
            mounts=mounts,
            away=away,
            refused=refused,
        )
        return render_form(offered)

    @default("options_from_form")
    def _options_from_form_default(self) -> Any:
        return self._read_choice

    async def _read_choice(self, form: Any) -> dict[str, Any]:
        """Read the form, and refuse it here, where JupyterHub shows it again.

        A start that is refused after more than a second ends on a page without the form.
        """
        choice = parse_choice(form)
        # For the page that JupyterHub makes where the next line refuses.
        self._refused = choice
        await self._refuse_away(await self._offered(), consent(choice))
        self._refused = None
        return choice

    async def check_allowed(self, image: object) -> str:
        """Return the engine's name of an image that the registry holds; refuse any other."""
        if not isinstance(image, str) or image not in references(await self._images()):
            # JupyterHub has kept the choice already, and would try it again by itself.
            self._keep_for_next_time({})
            name = repr(str(image)[:100])
            raise SpawnError(400, f"There is no image {name} in the registry: choose another one.")
        return f"{ENGINE_REGISTRY}/{image}"

    async def _read_account(self) -> Account:
        self.tell(5, "Looking up your account …")
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
        if needed:
            names = ", ".join(mount.name for mount in needed)
            self.tell(15, f"Asking the file server for {names} …")
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

    def _registry(self) -> Registry:
        return Registry(self.registry_url, self.image_name, self.known)

    def _read_labels(self) -> dict[str, object]:
        file = Path(self.labels_file)
        return read_json(file.name, {}, file.parent)

    async def _images(self) -> Catalogue:
        try:
            return await self._registry().catalogue()
        except RegistryDownError as error:
            raise SpawnError(503, "The lab's registry does not answer; try again.") from error

    async def _newest(self) -> str:
        found = newest(await self._images(), self.image_name)
        if found is None:
            raise SpawnError(400, f"There is no version of {self.image_name} in the registry yet.")
        return found

    def _in_thread(self, function: Any, *args: object) -> Awaitable[Any]:
        return asyncio.wrap_future(self.executor.submit(function, *args))
