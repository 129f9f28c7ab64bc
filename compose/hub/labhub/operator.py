"""The operator as the hub knows one: a service with a token, and no more rights than needed."""

import os
import secrets
from pathlib import Path
from typing import Any

TOKEN = "operator_token"  # noqa: S105  a file's name
PASSWORDS = "custom:labhub:passwords"

_SCOPES = [
    "list:users",
    "read:users:activity",
    "read:servers",
    "delete:servers",
    "delete:users",
    PASSWORDS,
]


def operator_settings(data: Path) -> dict[str, Any]:
    """Make a new token for the operator, and return what JupyterHub is to know of both.

    The name is another one at each start: with the service of the last start, of which it finds
    nothing in its configuration, JupyterHub deletes that one's token.
    """
    name, token = f"operator-{secrets.token_hex(4)}", secrets.token_hex(32)
    _write(data / TOKEN, token)
    return {
        "services": [{"name": name, "api_token": token}],
        "load_roles": [{"name": "operator", "scopes": _SCOPES, "services": [name]}],
        "custom_scopes": {PASSWORDS: {"description": "Give and take passwords"}},
    }


def _write(path: Path, text: str) -> None:
    beside = path.with_suffix(".new")
    beside.unlink(missing_ok=True)
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    beside.rename(path)
