"""A member's browser, as far as the pages of a hub need one: forms, cookies, the interface."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import requests

TIMEOUT = 30


class LoginError(Exception):
    """The hub did not let the member in; the text is what the page says."""


@dataclass
class Browser:
    """One member at one hub; `base_url` is what stands in the browser's address bar."""

    base_url: str
    name: str = ""
    session: requests.Session = field(default_factory=requests.Session)

    def login(self, name: str, password: str) -> requests.Response:
        """Log in by the form; LoginError with the page's sentence where the hub refuses."""
        self.name = name
        page = self.get("/hub/login")
        answer = self.post(
            "/hub/login?next=%2Fhub%2Fhome",
            {"username": name, "password": password, "_xsrf": self._token_in(page.text)},
        )
        if answer.status_code != 200 or "/hub/login" in answer.url:
            raise LoginError(alert_in(answer.text) or f"status {answer.status_code}")
        return answer

    def get(self, path: str) -> requests.Response:
        """Get a page, following redirects like a browser."""
        return self.session.get(self.base_url + path, timeout=TIMEOUT)

    def post(self, path: str, fields: Mapping[str, str | Sequence[str]]) -> requests.Response:
        """Send a form."""
        return self.session.post(
            self.base_url + path,
            data=fields,
            headers={"Referer": self.base_url + path, "Sec-Fetch-Mode": "navigate"},
            timeout=TIMEOUT,
        )

    def api(self, method: str, path: str, body: object = None) -> requests.Response:
        """Call the hub's REST interface as the pages do, with the login's cookie."""
        return self.session.request(
            method,
            f"{self.base_url}/hub/api{path}",
            headers=self._headers(),
            data=None if body is None else json.dumps(body),
            timeout=TIMEOUT,
        )

    def cookie_header(self, path: str) -> str:
        """Return the cookies that a browser would send to this path."""
        request = requests.Request("GET", self.base_url + path)
        return self.session.prepare_request(request).headers.get("Cookie", "")

    def _headers(self, path: str = "/hub/") -> dict[str, str]:
        cookies = [cookie for cookie in self.session.cookies if cookie.name == "_xsrf"]
        token = next((cookie.value or "" for cookie in cookies if cookie.path == path), "")
        return {"X-XSRFToken": token, "Referer": f"{self.base_url}/hub/home"}

    @staticmethod
    def _token_in(page: str) -> str:
        found = re.search(r'name="_xsrf" value="([^"]*)"', page)
        return found.group(1) if found else ""


def alert_in(page: str) -> str | None:
    """Return the text of a page's first alert."""
    found = re.search(r'role="alert">(.*?)</', page, re.DOTALL)
    return found.group(1).strip() if found else None
