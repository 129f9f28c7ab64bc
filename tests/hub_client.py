"""A member's browser, as far as tests need one: pages, forms, cookies, and the way to a kernel."""

import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from http.client import RemoteDisconnected
from threading import Timer
from typing import Any

import requests
import websocket
from requests.adapters import HTTPAdapter
from urllib3.exceptions import ProtocolError

from sandbox.diagnosis import connections
from sandbox.patience import LAB, SILENCE, until
from tests.hub_kernel import CellResult, Kernel


class LoginError(Exception):
    """The hub did not let the member in; the text is what the page says."""


class SpawnError(Exception):
    """The lab did not start; the text is what the page says."""


@dataclass
class HubClient:
    """One member at one hub; `base_url` is what stands in the browser's address bar.

    `limit` is the seconds of patience with a lab that starts or ends.
    """

    base_url: str
    name: str = ""
    limit: float = LAB
    session: requests.Session = field(default_factory=lambda: _session())

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
        return self.session.get(self.base_url + path, timeout=SILENCE)

    def post(self, path: str, fields: Mapping[str, str | Sequence[str]]) -> requests.Response:
        """Send a form."""
        return self.session.post(
            self.base_url + path,
            data=fields,
            headers={"Referer": self.base_url + path, "Sec-Fetch-Mode": "navigate"},
            timeout=SILENCE,
        )

    def spawn_page(self) -> str:
        """Return the HTML of the page on which a version is chosen."""
        return self.get("/hub/spawn").text

    def choices(self) -> list[str]:
        """Return the images on the spawn page, in the order in which they are shown."""
        return re.findall(r'name="image"[^>]*value="([^"]*)"', self.spawn_page())

    def post_spawn(self, image: str, without: Sequence[str] = ()) -> requests.Response:
        """Send the spawn form with this image, whether the page offers it or not.

        `without` names the mounts whose boxes are ticked.
        """
        page = self.get("/hub/spawn").text
        action = re.search(r'<form id="spawn_form" action="([^"]*)"', page)
        if action is None:
            raise SpawnError("the page holds no spawn form (is a lab running already?)")
        fields = {"image": image, "without": without}
        return self.post(action.group(1).replace("&amp;", "&"), fields)

    def spawn(self, image: str, without: Sequence[str] = ()) -> None:
        """Start a lab by the form, and wait until it answers."""
        answer = self.post_spawn(image, without)
        if answer.status_code != 200:
            raise SpawnError(alert_in(answer.text) or f"status {answer.status_code}")
        self.wait_ready()

    def wait_ready(self) -> None:
        """Wait until the member's lab is up; SpawnError with the hub's sentence if it never is."""
        until(self._is_ready, f"The lab of {self.name} is ready", self.limit)

    def _is_ready(self) -> bool:
        # Like a browser's EventSource, which asks again when the stream breaks off.
        with suppress(requests.ConnectionError):
            return self._follow_progress()
        return False

    def _follow_progress(self) -> bool:
        progress = self.session.get(
            f"{self.base_url}/hub/api/users/{self.name}/server/progress",
            headers=self._headers(),
            stream=True,
            # The hub sends a sign of life every 8 s.
            timeout=SILENCE,
        )
        for line in progress.iter_lines(decode_unicode=True):
            if line and line.startswith("data:"):
                event = json.loads(line[5:])
                if event.get("failed"):
                    raise SpawnError(event.get("message", "no reason given"))
                if event.get("ready"):
                    return True
        raise SpawnError(f"the hub stopped reporting: status {progress.status_code}")

    def api(self, method: str, path: str, body: object = None) -> requests.Response:
        """Call the hub's REST interface as the pages do, with the login's cookie."""
        return self.session.request(
            method,
            f"{self.base_url}/hub/api{path}",
            headers=self._headers(),
            data=None if body is None else json.dumps(body),
            timeout=SILENCE,
        )

    def is_running(self) -> bool:
        """Tell whether the hub counts the member's lab as up."""
        return "" in self.api("GET", f"/users/{self.name}").json().get("servers", {})

    def stop(self) -> None:
        """Stop the lab and wait until it is gone."""
        self.api("DELETE", f"/users/{self.name}/server")
        until(lambda: not self.is_running(), f"The lab of {self.name} is gone", self.limit)

    def start_kernel(self) -> Kernel:
        """Enter the lab and start a kernel in it."""
        self._enter()
        answer = self.session.post(
            f"{self.base_url}/user/{self.name}/api/kernels",
            json={"name": "python3"},
            headers=self._headers(f"/user/{self.name}/"),
            timeout=SILENCE,
        )
        answer.raise_for_status()
        return self.open_kernel(answer.json()["id"])

    def open_kernel(self, kernel_id: str) -> Kernel:
        """Connect to a kernel that runs already."""
        path = f"/user/{self.name}/api/kernels/{kernel_id}"
        return Kernel(kernel_id, self.base_url, path, self.cookie_header(path))

    def run_in_terminal(self, line: str, end: str) -> str:
        """Type a line into a new terminal of the lab; return what it shows up to `end`."""
        self._enter()
        name = self.lab_api("POST", "/api/terminals").json()["name"]
        path = f"/user/{self.name}/terminals/websocket/{name}"
        address = self.base_url.replace("http", "ws", 1) + path
        cookie = self.cookie_header(path)
        with closing(
            websocket.create_connection(
                address, cookie=cookie, origin=self.base_url, timeout=SILENCE
            )
        ) as socket:
            socket.send(json.dumps(["stdin", f"{line}\r"]))
            shown = ""
            while end not in shown:
                kind, *text = json.loads(socket.recv())
                shown += text[0] if kind == "stdout" else ""
        self.lab_api("DELETE", f"/api/terminals/{name}")
        return shown

    def run_cell(self, code: str) -> CellResult:
        """Run code in a new kernel and return what it printed."""
        with self.start_kernel() as kernel:
            result = kernel.run(code)
        self.lab_api("DELETE", f"/api/kernels/{kernel.id}")
        return result

    def lab_api(self, method: str, path: str) -> requests.Response:
        """Call the REST interface of the member's own lab, such as ``GET /api/kernels``."""
        return self.session.request(
            method,
            f"{self.base_url}/user/{self.name}{path}",
            headers=self._headers(f"/user/{self.name}/"),
            timeout=SILENCE,
        )

    def _enter(self) -> None:
        # The page's own way in: the lab sends the browser to the hub and back for its cookie.
        page = f"{self.base_url}/user/{self.name}/lab"
        self.session.get(page, timeout=SILENCE).raise_for_status()

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


class _LikeABrowser(HTTPAdapter):
    """Ask once more where a kept connection has ended while it was used anew.

    The proxy ends one after 5 s of silence. What it has not answered it has not seen.
    """

    def send(
        self, request: requests.PreparedRequest, *args: Any, **options: Any
    ) -> requests.Response:
        try:
            with _watched(request):
                return super().send(request, *args, **options)
        except requests.ConnectionError as error:
            cause = error.args[0].args[-1] if isinstance(error.args[0], ProtocolError) else None
            if not isinstance(cause, (RemoteDisconnected, ConnectionResetError)):
                raise
            with _watched(request):
                return super().send(request, *args, **options)


@contextmanager
def _watched(request: requests.PreparedRequest) -> Iterator[None]:
    """Show where the head of an answer is, before who waits for it closes the connection."""

    def show() -> None:
        print(f"No answer yet to {request.method} {request.url}:\n{connections()}", file=sys.stderr)

    timer = Timer(SILENCE / 3, show)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _session() -> requests.Session:
    session = requests.Session()
    session.mount("http://", _LikeABrowser())
    return session


def alert_in(page: str) -> str | None:
    """Return the text of a page's first alert."""
    found = re.search(r'role="alert">(.*?)</', page, re.DOTALL)
    return found.group(1).strip() if found else None
