"""Files that the operator's tasks write on the host, read by the hub at each request."""

import json
import logging
from pathlib import Path
from typing import TypeVar

FOLDER = Path("/etc/labhub")
"""Of the host it is /etc/labhub/hub: a folder is bound, so that a file renamed into it is seen."""

Value = TypeVar("Value")

_log = logging.getLogger(__name__)


def read_json(name: str, default: Value, folder: Path = FOLDER) -> Value:
    """Return what a file holds; `default` where there is none, or none of the default's type."""
    try:
        found = json.loads((folder / name).read_text())
    except FileNotFoundError:
        return default
    except (OSError, ValueError) as error:
        _log.warning("%s cannot be read: %s", folder / name, error)
        return default
    return found if isinstance(found, type(default)) else default
