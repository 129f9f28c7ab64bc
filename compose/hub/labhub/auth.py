"""Who may log in: a member whose account exists on the host; the first password sets it."""

import dbm
from pathlib import Path
from typing import Any

import bcrypt
from firstuseauthenticator import FirstUseAuthenticator
from firstuseauthenticator.firstuseauthenticator import CustomLoginHandler, ResetPasswordHandler
from jupyterhub.handlers import LoginHandler
from traitlets import Bool, Set, Unicode, default

from .accounts import has_account

BCRYPT_LIMIT = 72
"""bcrypt takes no longer password; from version 5 it raises (once it silently cut it)."""

CHANGED = "Your password has been changed successfully!"


class LabLoginHandler(CustomLoginHandler):  # type: ignore[misc]
    """The login page, also when JupyterHub renders it as the answer to an error."""

    def _render(
        self, login_error: str | None = None, username: str | None = None, **kwargs: Any
    ) -> Any:
        # FirstUseAuthenticator's own takes no kwargs: a stale form ended as an empty page.
        error = self.custom_login_error or login_error
        return LoginHandler._render(self, error, username, **kwargs)


class LabAuthenticator(FirstUseAuthenticator):  # type: ignore[misc]
    """FirstUseAuthenticator that knows the host's accounts."""

    host_root = Unicode("/", help="Where the host's /home is found.").tag(config=True)
    lab_admins = Set(Unicode(), help="Members who are admins of the hub.").tag(config=True)
    # Not `allowed_users`, which lets everybody in while it is empty, and removed users for ever.
    any_allow_config = Bool(True).tag(config=True)

    @default("allow_all")
    def _allow_all_default(self) -> bool:
        return False

    def has_account(self, username: str) -> bool:
        """Tell whether the host has an account for this user now."""
        return has_account(username, Path(self.host_root))

    def check_allowed(self, username: str, authentication: object = None) -> bool:
        """Allow exactly who has an account."""
        return self.has_account(username)

    def is_admin(self, handler: object, authentication: dict[str, Any]) -> bool:
        """Say yes or no, never "as before": who is no longer named is no longer admin."""
        return authentication["name"] in self.lab_admins

    async def refresh_user(self, user: Any, handler: Any = None) -> bool | dict[str, Any]:
        """End the session of a user whose account is gone; follow the list of admins."""
        if not self.has_account(user.name):
            # JupyterHub 6.1.1 reads this of every handler but sets it for tokens alone, and would
            # refuse by a traceback in the log.
            vars(handler).setdefault("_token_authenticated", False)
            return False
        admin = user.name in self.lab_admins
        return True if user.admin == admin else {"name": user.name, "admin": admin}

    def password_problem(self, password: str) -> str | None:
        """Say in one sentence why this cannot be a new password; None where it can."""
        if len(password) < self.min_password_length:
            return f"Choose a password of at least {self.min_password_length} characters."
        if len(password.encode()) > BCRYPT_LIMIT:
            return f"Choose a shorter password: at most {BCRYPT_LIMIT} bytes are possible."
        return None

    async def authenticate(self, handler: Any, data: dict[str, str]) -> str | None:
        """Return the user's name when the password is right or the account's first one.

        What is refused is refused before anything is stored, else a stranger could set the
        password of an account that does not exist yet. A password that can be nobody's gets the
        same answer whether the name exists or not.
        """
        username = self.normalize_username(data.get("username", ""))
        password = data.get("password", "")
        problem = self.password_problem(password)
        usable = problem is None or self._is_stored(username, password)
        if not usable:
            handler.custom_login_error = problem
            return None
        if not self.has_account(username):
            return None
        name: str | None = await super().authenticate(
            handler, {"username": username, "password": password}
        )
        return name

    def reset_password(self, username: str, new_password: str) -> str:
        """Change the password and say how it went."""
        if not self.has_account(username):
            return "This account does not exist any more."
        problem = self.password_problem(new_password)
        if problem:
            return problem
        super().reset_password(username, new_password)
        return CHANGED

    def _is_stored(self, username: str, password: str) -> bool:
        """Tell whether a password that would be refused today was accepted in former times."""
        if len(password.encode()) > BCRYPT_LIMIT:
            return False
        with dbm.open(self.dbm_path, "c", 0o600) as passwords:
            stored = passwords.get(username.encode())
        return stored is not None and bcrypt.checkpw(password.encode(), stored)

    def get_handlers(self, app: object) -> list[tuple[str, type]]:
        """Return the pages of this authenticator."""
        return [(r"/login", LabLoginHandler), (r"/auth/change-password", ResetPasswordHandler)]
