"""What the operator's tasks ask of the hub: ``python -m labhub.operate report|invite|stop|forget``.

It runs in the hub's container and speaks to the hub beside it. The answer is JSON on the standard
output; what fails is one sentence on the standard error, and exit code 1. `invite` reads its
passwords from the standard input, as ``{"alice": {"password": "…", "invite": "1f3c"}}``.
"""

import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote
from urllib.request import ProxyHandler, Request, build_opener

from .operator import TOKEN

HUB = "http://127.0.0.1:8081/hub"
DATA = Path("/data")
PAGE = 200
"""Users in one answer; JupyterHub gives no more."""
AT_ONCE = 20
"""Invites in one question."""
STOP_SECONDS = 60.0
PAUSE = 0.3


class OperateError(Exception):
    """What failed, in one sentence."""


class Hub:
    """The hub, as its operator service reaches it."""

    def __init__(self, url: str = HUB, data: Path = DATA) -> None:
        self._url = url
        self._token = data / TOKEN
        # Whatever proxy the engine gives its containers: the hub is in this one.
        self._opener = build_opener(ProxyHandler({}))

    def report(self) -> dict[str, Any]:
        """Return of everybody whom the hub knows: last activity, password and lab.

        The password is ``own``, ``none``, or the invite of a one-time one behind ``once:``.
        """
        invites = self._call("GET", "/auth/passwords")
        users = {user["name"]: user for user in self._users()}
        return {
            name: {
                "last_activity": users.get(name, {}).get("last_activity"),
                "password": _password(invites.get(name)),
                "lab": _lab(users.get(name, {})),
            }
            for name in sorted({*users, *invites})
        }

    def invite(self, invites: dict[str, Any]) -> dict[str, Any]:
        """Give members one-time passwords; each takes the hub a quarter of a second."""
        names = list(invites)
        for number in range(0, len(names), AT_ONCE):
            some = {name: invites[name] for name in names[number : number + AT_ONCE]}
            self._call("POST", "/auth/passwords", some)
        return {"invited": names}

    def stop(self, names: Sequence[str], seconds: float = STOP_SECONDS) -> dict[str, Any]:
        """Stop members' labs, and wait until they are gone."""
        end = time.monotonic() + seconds
        left, asked = set(names), set[str]()
        while left := {name for name in left if self._stop(name, asked)}:
            if time.monotonic() > end:
                raise OperateError(
                    f"The hub could not stop the lab of {', '.join(sorted(left))} in {seconds:g} s."
                )
            time.sleep(PAUSE)
        return {"stopped": sorted(asked)}

    def forget(self, names: Sequence[str]) -> dict[str, Any]:
        """Stop members' labs, and forget them with their passwords, sessions and tokens."""
        self.stop(names)
        for name in names:
            # The password first: who still has it could log in again, and be known again.
            self._call("DELETE", f"/auth/passwords/{quote(name)}")
            self._call("DELETE", f"/api/users/{quote(name)}", none_at=(404,))
        return {"forgotten": list(names)}

    def _stop(self, name: str, asked: set[str]) -> bool:
        """Ask for the end of a lab where one is left; tell whether it is to be waited for."""
        user = self._call("GET", f"/api/users/{quote(name)}", none_at=(404,)) or {}
        lab = (user.get("servers") or {}).get("")
        if lab is None:
            return False
        # One that is starting or stopping cannot be stopped: it is asked again.
        if not lab["pending"]:
            self._call("DELETE", f"/api/users/{quote(name)}/server", none_at=(400, 404))
            asked.add(name)
        return True

    def _users(self) -> list[Any]:
        found: list[Any] = []
        offset: int | None = 0
        while offset is not None:
            answer = self._call("GET", f"/api/users?limit={PAGE}&offset={offset}")
            found += answer["items"]
            following = answer["_pagination"]["next"]
            offset = following and following["offset"]
        return found

    def _call(
        self, method: str, path: str, body: object = None, none_at: Sequence[int] = ()
    ) -> Any:
        """Return the hub's answer, and None at these of its refusals."""
        data = None if body is None else json.dumps(body).encode()
        request = Request(f"{self._url}{path}", data, method=method)  # noqa: S310
        request.add_header("Authorization", f"token {self._read_token()}")
        request.add_header("Accept", "application/jupyterhub-pagination+json")
        try:
            with self._opener.open(request, timeout=30) as answer:
                text = answer.read()
        except HTTPError as error:
            if error.code in none_at:
                return None
            raise OperateError(_refusal(error)) from error
        except (OSError, URLError) as error:
            raise OperateError(f"The hub does not answer: {error}") from error
        return json.loads(text) if text else None

    def _read_token(self) -> str:
        try:
            return self._token.read_text()
        except OSError as error:
            raise OperateError("The hub has not started yet: it has made no token.") from error


def _password(invite: str | None) -> str:
    if invite is None:
        return "none"
    return f"once:{invite}" if invite else "own"


def _lab(user: dict[str, Any]) -> dict[str, Any] | None:
    lab = (user.get("servers") or {}).get("")
    if lab is None:
        return None
    image = (lab.get("user_options") or {}).get("image")
    return {"image": image, "started": lab["started"], "pending": lab["pending"]}


def _refusal(error: HTTPError) -> str:
    try:
        reason = json.loads(error.read())["message"]
    except (OSError, ValueError, LookupError, TypeError):
        reason = error.reason
    return f"The hub refuses this ({error.code}): {reason}"


def _read_invites() -> dict[str, Any]:
    try:
        found = json.load(sys.stdin)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise OperateError("The standard input holds no invites.")
    return found


def main(arguments: Sequence[str], hub: Hub) -> Any:
    """Do what the arguments say, and return the answer."""
    verbs: dict[str, Callable[[], Any]] = {
        "report": hub.report,
        "invite": lambda: hub.invite(_read_invites()),
        "stop": lambda: hub.stop(arguments[1:]),
        "forget": lambda: hub.forget(arguments[1:]),
    }
    if not arguments or arguments[0] not in verbs:
        raise OperateError(f"Say one of: {', '.join(verbs)}.")
    return verbs[arguments[0]]()


if __name__ == "__main__":
    try:
        json.dump(main(sys.argv[1:], Hub()), sys.stdout)
    except OperateError as error:
        sys.exit(str(error))
