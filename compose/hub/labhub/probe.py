"""A member's session, for `inv check`: ``python -m labhub.probe NAME URL`` in the hub's container.

It logs in through the proxy, starts the first version that is offered, and runs a cell. What the
cell has seen is JSON on the standard output; what fails is one sentence on the standard error, and
exit code 1. The account is made and removed by who calls it.
"""

import json
import secrets
import socket
import sys
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import requests
from urllib3.exceptions import InsecureRequestWarning
from websocket import WebSocketException

from .browser import LoginError
from .incell import reach
from .member import Member, SpawnError
from .mounts import MountsError, read_mounts
from .shared import FOLDER

START_SECONDS = 180
CELL_SECONDS = 120
GATEWAY = "198.19.64.1"
"""The host, as the network of labs in compose.yaml has it."""
REGISTRY = ("registry", 5000)
CLOSED = (
    *(REGISTRY, ("proxy-api", 8001)),
    *((GATEWAY, port) for port in (5000, 8001, 2375, 2376)),
)
"""What no lab may reach: images, routes, the engine."""


class ProbeError(Exception):
    """What of the session failed, in one sentence."""


def probe(browser: Member, name: str, targets: Sequence[str]) -> dict[str, Any]:
    """Have a session as a member, and return what it met; without a version to start, only that.

    :raises ProbeError: where a step of it fails.
    """
    found: dict[str, Any] = {"image": "", "away": [], "seconds": {}, "lab": {}}

    def timed(step: str, action: Callable[[], Any]) -> Any:
        print(f"{step} …", file=sys.stderr, flush=True)  # noqa: T201
        began = time.monotonic()
        try:
            return action()
        except (LoginError, SpawnError) as error:
            raise ProbeError(f"{step}: {error}") from error
        except (OSError, LookupError, ValueError, WebSocketException) as error:
            raise ProbeError(f"{step}: {type(error).__name__}: {error}") from error
        finally:
            found["seconds"][step] = round(time.monotonic() - began, 1)

    # Nobody has a password of this name yet: the first one becomes it.
    timed("Sign in", lambda: browser.login(name, secrets.token_urlsafe(24)))
    choices = timed("Read the versions", lambda: _choices(browser))
    if not choices:
        return found
    found["image"] = choices[0]
    found["away"] = browser.mounts_away()
    timed("Start a lab", lambda: browser.spawn(choices[0], START_SECONDS, found["away"]))
    cell = timed("Run a cell", lambda: browser.run_cell(_cell(targets), CELL_SECONDS))
    if cell.error:
        raise ProbeError(f"Run a cell: {cell.text.strip().splitlines()[-1]}")
    found["lab"] = json.loads(cell.text)
    timed("Stop the lab", browser.stop)
    return found


def _choices(browser: Member) -> list[str]:
    choices = browser.choices()
    # The page is the same to programs: nothing is offered.
    if not choices and not reach(*REGISTRY):
        raise SpawnError("the registry does not answer")
    return choices


def _cell(targets: Sequence[str]) -> str:
    own = Path(__file__).with_name("incell.py").read_text()
    return f"{own}\n\nimport json\nprint(json.dumps(look({list(targets)!r}, {_closed()!r})))\n"


def _closed() -> list[tuple[str, int]]:
    """Return what a lab must not reach, by name and by the address that only the hub can find."""
    found = list(CLOSED)
    for name, port in CLOSED:
        try:
            found.append((socket.gethostbyname(name), port))
        except OSError:
            continue
    return found


def main(name: str, url: str) -> None:
    """Print what a session has met."""
    browser = Member(url)
    # The proxy is asked by another name than its certificate has, inside one machine.
    browser.session.verify = False
    browser.session.trust_env = False
    warnings.simplefilter("ignore", InsecureRequestWarning)
    try:
        targets = [mount.target for mount in read_mounts(Path(FOLDER, "mounts.json"))]
        json.dump(probe(browser, name, targets), sys.stdout)
    except (ProbeError, MountsError, requests.RequestException) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main(*sys.argv[1:])
