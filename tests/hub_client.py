"""A member's browser, with what only tests do in it."""

import json
from contextlib import closing

import requests
import websocket
from labhub.browser import LoginError, alert_in
from labhub.member import Member, SpawnError

__all__ = ["CHANGE_PASSWORD", "HubClient", "LoginError", "SpawnError", "alert_in"]

CHANGE_PASSWORD = "/hub/auth/change-password"


class HubClient(Member):
    """One member at one hub."""

    def change_password(
        self, old: str, new: str, again: str = "", page: requests.Response | None = None
    ) -> requests.Response:
        """Change the password by its form, which `page` holds where one was sent to it."""
        page = page or self.get(CHANGE_PASSWORD)
        fields = {"old": old, "password": new, "again": again or new}
        fields["_xsrf"] = self._token_in(page.text)
        return self.post(page.url.removeprefix(self.base_url), fields)

    def is_logged_in(self) -> bool:
        """Click on the home page, and tell whether the hub still knows the browser."""
        return "/hub/login" not in self.get("/hub/home").url

    def run_in_terminal(self, line: str, until: str, timeout: float = 30) -> str:
        """Type a line into a new terminal of the lab; return what it shows up to `until`."""
        self._enter()
        name = self.lab_api("POST", "/api/terminals").json()["name"]
        path = f"/user/{self.name}/terminals/websocket/{name}"
        address = self.base_url.replace("http", "ws", 1) + path
        cookie = self.cookie_header(path)
        with closing(
            websocket.create_connection(
                address, cookie=cookie, origin=self.base_url, timeout=timeout
            )
        ) as socket:
            socket.send(json.dumps(["stdin", f"{line}\r"]))
            shown = ""
            while until not in shown:
                kind, *text = json.loads(socket.recv())
                shown += text[0] if kind == "stdout" else ""
        self.lab_api("DELETE", f"/api/terminals/{name}")
        return shown
