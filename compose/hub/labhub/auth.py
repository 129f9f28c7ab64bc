"""Who may log in: a member whose account exists on the host; the first password sets it."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from firstuseauthenticator import FirstUseAuthenticator
from traitlets import Bool, Set, Unicode, default

from .accounts import has_account
from .disabled import Disabled
from .errors import SpawnError
from .login import ChangePasswordHandler, LabLoginHandler, redirect_to_change
from .passwords import LONGEST, DamagedError, Passwords, Stored, is_right, is_too_long, make_hash
from .passwords_api import PasswordsHandler
from .shared import FOLDER
from .throttle import Throttle
from .trust import HANDLERS as TRUST_PAGES

DISABLED = "This account is disabled. Ask the operator of this lab."
WRONG = "Invalid username or password."
UNKNOWN = "Nobody can sign in: a file on the server is damaged. Tell the operator of this lab."
CHANGE_FIRST = "First change your one-time password, on the page Change password."

Result = TypeVar("Result")


class LabAuthenticator(FirstUseAuthenticator):  # type: ignore[misc]
    """FirstUseAuthenticator that knows the host's accounts."""

    host_root = Unicode("/", help="Where the host's /home is found.").tag(config=True)
    files = Unicode(str(FOLDER), help="The folder of the operator's files.").tag(config=True)
    lab_admins = Set(Unicode(), help="Members who are admins of the hub.").tag(config=True)
    proxies = Set(Unicode(), help="Whose word on a browser's address is taken.").tag(config=True)
    # Not `allowed_users`, which lets everybody in while it is empty, and removed users for ever.
    any_allow_config = Bool(True).tag(config=True)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.passwords = Passwords(self.dbm_path)
        self.throttle = Throttle()
        self.disabled = Disabled(Path(self.files))
        # Hashing takes a quarter of a second, in which the hub would do nothing else.
        self._hashing = ThreadPoolExecutor(2, thread_name_prefix="bcrypt")
        self._nobody = make_hash("")

    @default("allow_all")
    def _allow_all_default(self) -> bool:
        return False

    def has_account(self, username: str) -> bool:
        """Tell whether the host has an account for this user now."""
        return has_account(username, Path(self.host_root))

    def may_enter(self, username: str) -> bool:
        """Tell whether this user may be logged in now."""
        return self.has_account(username) and not self.disabled.has(username)

    def check_allowed(self, username: str, authentication: object = None) -> bool:
        """Allow exactly who has an account that is not disabled."""
        return self.may_enter(username)

    def is_admin(self, handler: object, authentication: dict[str, Any]) -> bool:
        """Say yes or no, never "as before": who is no longer named is no longer admin."""
        return authentication["name"] in self.lab_admins

    def must_change(self, username: str) -> bool:
        """Tell whether this user has a one-time password, which opens nothing but its change.

        Where the passwords cannot be read, nobody signs in, and who has goes on.
        """
        try:
            stored = self.passwords.find(username)
        except DamagedError as error:
            self.log.error("%s", error)
            return False
        return stored is not None and stored.is_one_time

    async def refresh_user(self, user: Any, handler: Any = None) -> bool | dict[str, Any]:
        """End the session of a user who may not enter any more; follow the list of admins."""
        # JupyterHub 6.1.1 reads this of every handler but sets it for tokens alone, and would
        # refuse by a traceback in the log.
        is_by_token = vars(handler).setdefault("_token_authenticated", False)
        if not self.may_enter(user.name):
            return False
        if self.must_change(user.name) and not is_by_token and not redirect_to_change(handler):
            return False
        admin = user.name in self.lab_admins
        return True if user.admin == admin else {"name": user.name, "admin": admin}

    def pre_spawn_start(self, user: Any, spawner: object) -> None:
        """Refuse a lab to who may not be logged in, also when an admin asks for it."""
        if not self.may_enter(user.name):
            raise SpawnError(403, DISABLED)
        if self.must_change(user.name):
            raise SpawnError(403, CHANGE_FIRST)

    def password_problem(self, password: str) -> str | None:
        """Say in one sentence why this cannot be a new password; None where it can."""
        if len(password) < self.min_password_length:
            return f"A new password needs at least {self.min_password_length} characters."
        if is_too_long(password):
            return f"A new password can have at most {LONGEST} bytes: choose a shorter one."
        return None

    async def authenticate(self, handler: Any, data: dict[str, str]) -> str | None:
        """Return the user's name when the password is right or the account's first one.

        Whatever is wrong, the answer is the same and takes as long, whether the name exists or not.
        """
        username: str = self.normalize_username(data.get("username", ""))
        password = data.get("password", "")
        keys = handler.throttle_keys(username)
        if seconds := self.throttle.take(keys):
            handler.refuse_for(seconds)
            return None
        try:
            stored = self.passwords.find(username)
        except DamagedError as error:
            self.log.error("%s", error)
            handler.custom_login_error = UNKNOWN
            return None
        problem = self.password_problem(password)
        if not stored and not problem and self.may_enter(username):
            is_let_in = await self._begin(username, password)
        else:
            is_let_in = await self.is_password(stored, password) and self.has_account(username)
        if not is_let_in:
            # Who mistyped the old password reads this too: it must not ask for a new one.
            handler.custom_login_error = f"{WRONG} {problem}" if problem else ""
            return None
        self.throttle.give_back(keys)
        if self.disabled.has(username):
            handler.custom_login_error = DISABLED if self.disabled.is_readable() else UNKNOWN
            return None
        return username

    async def is_password(self, stored: Stored | None, password: str) -> bool:
        """Tell whether a password is the stored one; takes as long where none is stored."""
        if is_too_long(password):
            return False
        hashed = stored.hashed if stored else self._nobody
        matches = await self._in_thread(is_right, password, hashed)
        return matches and stored is not None

    async def change_password(self, username: str, password: str, invite: str = "") -> None:
        """Give a user this password; with an invite it is good for one login only."""
        hashed = await self._in_thread(make_hash, password)
        self.passwords.write(username, Stored(hashed, invite))
        self.throttle.clear(username)

    def delete_user(self, user: Any) -> None:
        """Forget the password of a user whom the hub forgets."""
        self.passwords.forget(user.name)

    def get_handlers(self, app: object) -> list[tuple[str, type]]:
        """Return the pages of this authenticator, and the operator's way to the passwords."""
        return [
            (r"/login", LabLoginHandler),
            (r"/auth/change-password", ChangePasswordHandler),
            (r"/auth/passwords(?:/([a-z0-9_-]+))?", PasswordsHandler),
            *TRUST_PAGES,
        ]

    async def _begin(self, username: str, password: str) -> bool:
        hashed = await self._in_thread(make_hash, password)
        return self.passwords.begin(username, hashed)

    def _in_thread(self, function: Callable[..., Result], *args: object) -> Awaitable[Result]:
        return asyncio.wrap_future(self._hashing.submit(function, *args))
