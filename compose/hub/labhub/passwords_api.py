"""The operator's way to the passwords: who has one, a one-time one for somebody, none any more."""

import asyncio
import json
import re
from typing import Any

from jupyterhub.apihandlers import APIHandler
from tornado.web import HTTPError

from .names import name_problem
from .operator import PASSWORDS
from .passwords import DamagedError, is_too_long
from .sessions import end_sessions, revoke_tokens

_INVITE = re.compile(r"[0-9a-f]{4,32}")


class PasswordsHandler(APIHandler):  # type: ignore[misc]
    """What `labhub.operate` asks of the hub beyond JupyterHub's own interface."""

    async def prepare(self) -> None:
        """Refuse whoever is not the operator, admins of the hub too."""
        await super().prepare()
        if not self.has_scope(PASSWORDS):
            raise HTTPError(403, "This is for the operator alone.")
        try:
            self.authenticator.passwords.find("")
        except DamagedError as error:
            text = f"{error}. inv restore brings back those of a backup."
            raise HTTPError(503, text.replace("%", "%%")) from error

    def get(self, name: str | None) -> None:
        """Tell of everybody who has a password whether it is their own, else its invite."""
        found = self.authenticator.passwords.everybody()
        self.finish(json.dumps({name: stored.invite for name, stored in sorted(found.items())}))

    async def post(self, name: str | None) -> None:
        """Give members one-time passwords, and end what is open with the old ones.

        They need no account yet: one that is made afterwards is nobody's to claim in between.
        """
        invites = self._read_invites()
        changing = (self.authenticator.change_password(it, *given) for it, given in invites.items())
        await asyncio.gather(*changing)
        for member in invites:
            if user := self.find_user(member):
                end_sessions(self.db, user.orm_user)
                revoke_tokens(self.db, user.orm_user)
        self.finish(json.dumps({"invited": list(invites)}))

    def delete(self, name: str | None) -> None:
        """Forget a member's password."""
        if name is None:
            raise HTTPError(405)
        self.authenticator.passwords.forget(name)
        self.authenticator.throttle.clear(name)
        self.set_status(204)

    def _read_invites(self) -> dict[str, tuple[str, str]]:
        body: Any = self.get_json_body()
        try:
            invites = {
                str(name): (str(it["password"]), str(it["invite"])) for name, it in body.items()
            }
        except (AttributeError, LookupError, TypeError) as error:
            raise HTTPError(400, "This is no list of invites.") from error
        if problems := [text for name in invites if (text := name_problem(name))]:
            raise HTTPError(400, problems[0].replace("%", "%%"))
        for password, invite in invites.values():
            if not password or is_too_long(password) or not _INVITE.fullmatch(invite):
                raise HTTPError(400, "This is no list of invites.")
        return invites
