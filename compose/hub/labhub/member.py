"""A member at work in a browser: choose a version, wait for the lab, run cells in it.

`probe` works so on a host, and tests do.
"""

import json
import re
import time
from collections.abc import Sequence
from contextlib import suppress

import requests

from .browser import TIMEOUT, Browser, alert_in
from .kernel import CellResult, Kernel


class SpawnError(Exception):
    """The lab did not start; the text is what the page says."""


class Member(Browser):
    """A browser in which a member works."""

    def spawn_page(self) -> str:
        """Return the HTML of the page on which a version is chosen."""
        return self.get("/hub/spawn").text

    def choices(self) -> list[str]:
        """Return the images on the spawn page, in the order in which they are shown."""
        return re.findall(r'name="image"[^>]*value="([^"]*)"', self.spawn_page())

    def mounts_away(self) -> list[str]:
        """Return the mounts that a lab could only be started without, as the spawn page says."""
        return re.findall(r'name="without"[^>]*value="([^"]*)"', self.spawn_page())

    def post_spawn(self, image: str, without: Sequence[str] = ()) -> requests.Response:
        """Send the spawn form with this image, whether the page offers it or not.

        `without` names the mounts whose boxes are ticked.
        """
        page = self.spawn_page()
        action = re.search(r'<form id="spawn_form" action="([^"]*)"', page)
        if action is None:
            raise SpawnError("the page holds no spawn form (is a lab running already?)")
        fields = {"image": image, "without": without}
        return self.post(action.group(1).replace("&amp;", "&"), fields)

    def spawn(self, image: str, timeout: float = 120, without: Sequence[str] = ()) -> float:
        """Start a lab by the form, wait until it answers, and return the seconds that it took."""
        start = time.monotonic()
        answer = self.post_spawn(image, without)
        if answer.status_code != 200:
            raise SpawnError(alert_in(answer.text) or f"status {answer.status_code}")
        self.wait_ready(timeout)
        return time.monotonic() - start

    def wait_ready(self, timeout: float = 120) -> None:
        """Wait until the member's lab is up; SpawnError with the hub's sentence if it never is."""
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            # Like a browser's EventSource, which asks again when the stream breaks off.
            with suppress(requests.ConnectionError, requests.Timeout):
                if self._follow_progress():
                    return
        raise SpawnError(f"the lab was not ready within {timeout:.0f} s")

    def _follow_progress(self) -> bool:
        progress = self.session.get(
            f"{self.base_url}/hub/api/users/{self.name}/server/progress",
            headers=self._headers(),
            stream=True,
            # The hub sends a sign of life every 8 s.
            timeout=TIMEOUT,
        )
        for line in progress.iter_lines(decode_unicode=True):
            if line and line.startswith("data:"):
                event = json.loads(line[5:])
                if event.get("failed"):
                    raise SpawnError(event.get("message", "no reason given"))
                if event.get("ready"):
                    return True
        raise SpawnError(f"the hub stopped reporting: status {progress.status_code}")

    def is_running(self) -> bool:
        """Tell whether the hub counts the member's lab as up."""
        return "" in self.api("GET", f"/users/{self.name}").json().get("servers", {})

    def stop(self, timeout: float = 60) -> None:
        """Stop the lab and wait until it is gone."""
        # The button stands on this page, which brings the token that the request needs.
        self.get("/hub/home")
        self.api("DELETE", f"/users/{self.name}/server").raise_for_status()
        end = time.monotonic() + timeout
        while self.is_running():
            if time.monotonic() > end:
                raise TimeoutError(f"the lab of {self.name} still runs after {timeout} s")
            time.sleep(0.2)

    def start_kernel(self) -> Kernel:
        """Enter the lab and start a kernel in it."""
        self._enter()
        answer = self.session.post(
            f"{self.base_url}/user/{self.name}/api/kernels",
            json={"name": "python3"},
            headers=self._headers(f"/user/{self.name}/"),
            timeout=TIMEOUT,
        )
        answer.raise_for_status()
        return self.open_kernel(answer.json()["id"])

    def open_kernel(self, kernel_id: str) -> Kernel:
        """Connect to a kernel that runs already."""
        path = f"/user/{self.name}/api/kernels/{kernel_id}"
        cookie = self.cookie_header(path)
        return Kernel(kernel_id, self.base_url, path, cookie, verify=self.session.verify)

    def run_cell(self, code: str, timeout: float = 60) -> CellResult:
        """Run code in a new kernel and return what it printed."""
        with self.start_kernel() as kernel:
            result = kernel.run(code, timeout)
        self.lab_api("DELETE", f"/api/kernels/{kernel.id}")
        return result

    def lab_api(self, method: str, path: str) -> requests.Response:
        """Call the REST interface of the member's own lab, such as ``GET /api/kernels``."""
        return self.session.request(
            method,
            f"{self.base_url}/user/{self.name}{path}",
            headers=self._headers(f"/user/{self.name}/"),
            timeout=TIMEOUT,
        )

    def _enter(self) -> None:
        # The page's own way in: the lab sends the browser to the hub and back for its cookie.
        page = f"{self.base_url}/user/{self.name}/lab"
        self.session.get(page, timeout=TIMEOUT).raise_for_status()
