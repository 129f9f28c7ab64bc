"""A kernel's websocket: send code, gather what it prints."""

import json
import ssl
import time
import uuid
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import websocket

TIMEOUT = 30


@dataclass(frozen=True)
class CellResult:
    """What a cell printed, and the error's name where it ended in one."""

    text: str
    error: str | None = None


class Kernel:
    """A running kernel; its websocket may be closed and opened again without harm to it."""

    def __init__(
        self, kernel_id: str, base_url: str, path: str, cookie: str, verify: bool | str | None
    ) -> None:
        self.id = kernel_id
        address = urlsplit(base_url)
        scheme = "wss" if address.scheme == "https" else "ws"
        self.socket = websocket.create_connection(
            f"{scheme}://{address.netloc}{path}/channels",
            cookie=cookie,
            origin=base_url,
            timeout=TIMEOUT,
            sslopt=_ssl_options(verify),
        )

    def __enter__(self) -> "Kernel":
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, code: str) -> str:
        """Send code without waiting for its end and return the message's number."""
        number = uuid.uuid4().hex
        header = {
            "msg_id": number,
            "msg_type": "execute_request",
            "session": number,
            "username": "",
            "version": "5.3",
        }
        content = {
            "code": code,
            "silent": False,
            "store_history": False,
            "user_expressions": {},
            "allow_stdin": False,
            "stop_on_error": True,
        }
        self.socket.send(
            json.dumps(
                {
                    "header": header,
                    "parent_header": {},
                    "metadata": {},
                    "content": content,
                    "channel": "shell",
                }
            )
        )
        return number

    def run(self, code: str, timeout: float = 60) -> CellResult:
        """Run code to its end and return what it printed."""
        return self.collect(self.send(code), timeout)

    def collect(self, number: str, timeout: float = 60) -> CellResult:
        """Gather the output of a message sent before, up to the end of its code."""
        end = time.monotonic() + timeout
        text, error = "", None
        while True:
            self.socket.settimeout(max(0.1, end - time.monotonic()))
            message: dict[str, Any] = json.loads(self.socket.recv())
            if message["parent_header"].get("msg_id") != number:
                continue
            content = message["content"]
            if message["msg_type"] == "stream":
                text += content["text"]
            elif message["msg_type"] in ("execute_result", "display_data"):
                text += content["data"].get("text/plain", "")
            elif message["msg_type"] == "error":
                error = content["ename"]
                text += "\n".join(content["traceback"])
            elif message["msg_type"] == "status" and content["execution_state"] == "idle":
                return CellResult(text, error)


def _ssl_options(verify: bool | str | None) -> dict[str, Any]:
    """Say for a websocket what `verify` says for a session of requests."""
    if verify is False:
        return {"cert_reqs": ssl.CERT_NONE, "check_hostname": False}
    return {"ca_certs": verify} if isinstance(verify, str) else {}
