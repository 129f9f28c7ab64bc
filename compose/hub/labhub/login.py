"""The pages on which a member logs in and changes the password."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from firstuseauthenticator.firstuseauthenticator import CustomLoginHandler
from jupyterhub.apihandlers import APIHandler
from jupyterhub.handlers import BaseHandler, LoginHandler, LogoutHandler
from tornado.httputil import url_concat
from tornado.web import authenticated

from .sessions import end_sessions
from .throttle import Key, keys_of

KNOWN = "labhub-known"
"""The cookie of a browser with the members who have logged in there."""
MOST_KNOWN = 10
KNOWN_DAYS = 90

CHANGED = "Your password is changed."
WRONG = "That is not your password."
SAME = "The new password is the old one; choose another."
DIFFERS = "The new password was typed in two ways; type it again."
NONE: Mapping[str, str] = MappingProxyType({})


class Attempts(BaseHandler):  # type: ignore[misc]
    """A page on which passwords are tried."""

    seconds_to_wait = 0

    def throttle_keys(self, username: str) -> tuple[Key, ...]:
        """Return what a try with this name counts for."""
        return keys_of(username, self._address(), username in self._known())

    def refuse_for(self, seconds: int) -> None:
        """Let the answer say that there were too many tries."""
        self.seconds_to_wait = seconds

    def is_refused(self) -> str | None:
        """Answer with a refusal, where there is one, and return its sentence."""
        seconds = self.seconds_to_wait
        if not seconds:
            return None
        self.set_status(429)
        self.set_header("Retry-After", str(seconds))
        return f"There were too many wrong passwords. Wait {seconds} s, then try again."

    def remember(self, username: str) -> None:
        """Let the browser know that this member has logged in with it."""
        names = [username, *(name for name in self._known() if name != username)]
        self._set_cookie(
            KNOWN, ",".join(names[:MOST_KNOWN]), path=self.hub.base_url, expires_days=KNOWN_DAYS
        )

    def _known(self) -> list[str]:
        value = self.get_secure_cookie(KNOWN, max_age_days=KNOWN_DAYS) or b""
        return [name for name in value.decode(errors="replace").split(",") if name]

    def _address(self) -> str:
        """Return the browser's address; labs reach the hub themselves, and could claim any."""
        peer: str = self.request.connection.context.address[0]
        if peer in self.authenticator.proxies:
            peer = self.request.remote_ip
        return peer


class LabLoginHandler(Attempts, CustomLoginHandler):  # type: ignore[misc]
    """The login page, also when JupyterHub renders it as the answer to an error."""

    async def login_user(self, data: dict[str, str] | None = None) -> Any:
        """Log a member in, and let the browser know."""
        user = await super().login_user(data)
        if user:
            self.remember(user.name)
        return user

    def _render(
        self, login_error: str | None = None, username: str | None = None, **kwargs: Any
    ) -> Any:
        # FirstUseAuthenticator's own takes no kwargs: a stale form ended as an empty page.
        error = self.is_refused() or self.custom_login_error or login_error
        return LoginHandler._render(self, error, username, **kwargs)


class ChangePasswordHandler(Attempts):
    """The page on which a member changes the password, and has to after a one-time one."""

    @authenticated
    async def get(self) -> None:
        """Show the form; after a change, say so."""
        done = CHANGED if self.get_argument("changed", None) is not None else None
        await self._show(done=done)

    @authenticated
    async def post(self) -> None:
        """Change the password, where the old one is right and the new one possible."""
        old, new, again = (
            self.get_body_argument(key, "", strip=False) for key in ("old", "password", "again")
        )
        if problems := await self._problems(old, new, again):
            if not self.is_refused():
                self.set_status(400)
            await self._show(problems)
            return
        user, is_first = self.current_user, self.authenticator.must_change(self.current_user.name)
        await self.authenticator.change_password(user.name, new)
        end_sessions(self.db, user.orm_user, kept=self.get_session_cookie())
        # The cookie of this browser has ended with the others.
        self.set_hub_cookie(user)
        self.remember(user.name)
        self.redirect(self.get_next_url(user) if is_first else f"{self.request.path}?changed")

    async def _problems(self, old: str, new: str, again: str) -> Mapping[str, str]:
        """Say at its field why the password is not changed.

        Of the new one only where the old one is right.
        """
        name = self.current_user.name
        keys = self.throttle_keys(name)
        self.refuse_for(self.authenticator.throttle.take(keys))
        if refused := self.is_refused():
            return {"old": refused}
        stored = self.authenticator.passwords.find(name)
        if not await self.authenticator.is_password(stored, old):
            return {"old": WRONG}
        self.authenticator.throttle.give_back(keys)
        if problem := self.authenticator.password_problem(new):
            return {"password": problem}
        if new == old:
            return {"password": SAME}
        return {} if new == again else {"again": DIFFERS}

    async def _show(self, problems: Mapping[str, str] = NONE, done: str | None = None) -> None:
        page = await self.render_template(
            "change-password.html",
            problems=problems,
            done=done,
            differs=DIFFERS,
            must_change=self.authenticator.must_change(self.current_user.name),
            shortest=self.authenticator.min_password_length,
        )
        self.finish(page)


def redirect_to_change(handler: Any) -> bool:
    """Send who has a one-time password to its change; False where that is no page to be sent from.

    Logging in, as somebody else perhaps, and logging out stay possible.
    """
    if isinstance(handler, APIHandler):
        return False
    if not isinstance(handler, (ChangePasswordHandler, LoginHandler, LogoutHandler)):
        page = f"{handler.hub.base_url}auth/change-password"
        # A form is not sent again: its address alone could mean something else.
        is_page = handler.request.method == "GET"
        handler.redirect(url_concat(page, {"next": handler.request.uri} if is_page else {}))
    return True
