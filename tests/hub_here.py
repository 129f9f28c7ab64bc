"""A real JupyterHub on this machine, with the hub's own settings, classes and pages.

Only what needs an engine is another: a lab is a small web server in the hub's own process, and no
proxy stands before it. `start.json` in the hub's folder says how the next start goes.
"""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from tests.hub_client import HubClient

HUB = Path(__file__).parents[1] / "compose" / "hub"
MEMBER_UID = 1001
NO_REGISTRY = "http://127.0.0.1:1"
SETTINGS = {
    "HUB_IMAGE": "labhub-hub:1",
    "LAB_NAME": "Surface Science Lab",
    "LAB_CONTACT": "Karl (room 2.17, phone 4711)",
    "HUB_ADMINS": "boss",
    "PASSWORD_MIN_LENGTH": "8",
    "IMAGE_NAME": "agfalta_tools",
}
# The module's own address and folder are those of the hub's container.
_OPERATE = """\
import json, sys
from pathlib import Path
from labhub.operate import Hub, OperateError, main
url, folder, *words = sys.argv[1:]
try:
    json.dump(main(words, Hub(url, Path(folder))), sys.stdout)
except OperateError as error:
    sys.exit(str(error))
"""


def add_home(root: Path, name: str) -> Path:
    """Make a member's home below a root, as the host has it."""
    home = root / "home" / f"jupyter-{name}"
    home.mkdir(parents=True)
    if os.geteuid() == 0:
        os.chown(home, MEMBER_UID, MEMBER_UID)
    return home


@dataclass(frozen=True)
class Hub:
    """A hub that runs, and the folder in which it and the operator's files live."""

    url: str
    folder: Path

    def add(self, *names: str) -> None:
        """Give members accounts, as the host has them."""
        for name in names:
            add_home(self.folder, name)

    def write(self, name: str, content: object) -> None:
        """Write one of the operator's files, whole at once as they do; None takes it away."""
        path = self.folder / name
        if content is None:
            path.unlink(missing_ok=True)
        else:
            beside = path.with_suffix(".new")
            beside.write_text(json.dumps(content))
            beside.rename(path)

    def disable(self, *names: str) -> None:
        """Let these members be disabled, and no others."""
        self.write("disabled.json", names)

    def invite(self, name: str, password: str, number: str = "a1b2") -> None:
        """Give a member a one-time password."""
        given = {name: {"password": password, "invite": number}}
        assert self.operate("invite", given=given) == {"invited": [name]}

    def browser(self, name: str = "", password: str = "") -> HubClient:
        """Return a browser, logged in where a name is given."""
        client = HubClient(self.url, name)
        if name:
            client.login(name, password)
        return client

    def start_lab(self, client: HubClient) -> None:
        """Start a member's lab."""
        assert client.api("POST", f"/users/{client.name}/server", {}).status_code in (201, 202)
        client.wait_ready(20)

    def operate(self, *words: str, given: object = None) -> Any:
        """Type a command of `labhub.operate` that has to succeed, and return its answer."""
        done = self.operating(*words, given=given)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def operating(self, *words: str, given: object = None) -> subprocess.CompletedProcess[str]:
        """Type a command of `labhub.operate` to its end."""
        return subprocess.run(
            [sys.executable, "-c", _OPERATE, f"{self.url}/hub", str(self.folder), *words],
            input="" if given is None else json.dumps(given),
            env=os.environ | {"PYTHONPATH": str(HUB)},
            capture_output=True,
            text=True,
            timeout=90,
        )


@contextmanager
def running_hub(folder: Path, registry: str = NO_REGISTRY) -> Iterator[Hub]:
    """Run a hub with its data in a folder, and yield it once it answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{probe.getsockname()[1]}"
    config = folder / "jupyterhub_config.py"
    config.write_text(_config(folder, registry, url))
    (folder / "proxy_token").write_text("token\n")
    environment = os.environ | SETTINGS | {"PYTHONPATH": f"{HUB}:{HUB.parents[1]}"}
    command = [sys.executable, "-m", "jupyterhub", "--config", str(config)]
    hub = Hub(url, folder)
    with (
        (folder / "hub.log").open("a") as log,
        subprocess.Popen(command, cwd=folder, env=environment, stderr=log) as running,
    ):
        try:
            _wait(hub, running)
            yield hub
        finally:
            running.terminate()


def _wait(hub: Hub, running: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 60
    while True:
        try:
            requests.get(f"{hub.url}/hub/health", timeout=1).raise_for_status()
            return
        except requests.RequestException:
            log = (hub.folder / "hub.log").read_text()
            assert running.poll() is None and time.monotonic() < end, log
            time.sleep(0.1)


def _config(folder: Path, registry: str, url: str) -> str:
    """Return the hub's own configuration, with other places and another spawner at its end."""
    own = (HUB / "jupyterhub_config.py").read_text()
    own = own.replace('"/data"', f'"{folder}"').replace("/run/secrets/", f"{folder}/")
    own = own.replace("Path(__file__).parent", f'Path("{HUB}")')
    return f"""{own}
from functools import partial
from tests.hub_parts import LabHere, NoProxy, few_rounds

few_rounds()
folder = "{folder}"
c.JupyterHub.hub_bind_url = c.JupyterHub.hub_connect_url = "{url}"
c.JupyterHub.proxy_class = NoProxy
c.JupyterHub.spawner_class = LabHere
c.JupyterHub.template_vars["announcement"] = partial(read_announcement, folder=Path(folder))
c.LabAuthenticator.host_root = c.LabAuthenticator.files = folder
c.LabHere.folder = c.LabHere.host_root = folder
c.LabHere.registry_url = "{registry}"
c.LabHere.mounts_file = f"{{folder}}/mounts.json"
c.LabHere.labels_file = f"{{folder}}/images.json"
c.LabHere.limits_file = f"{{folder}}/limits.json"
"""
