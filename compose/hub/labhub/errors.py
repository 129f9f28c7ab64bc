"""Why a lab does not start, in one sentence for its member, and what to do."""

import re
from collections.abc import Mapping
from typing import Any

from tornado.web import HTTPError

from .names import MOUNTS

FULL = ("no space left on device", "disk quota exceeded")
GONE = ("manifest unknown", "not found: manifest", "no such image", "name unknown")
MEMORY = ("cannot allocate memory", "out of memory")

_MISSING = re.compile(r"bind source path does not exist: (?P<path>/[\w./-]+)")


class SpawnError(HTTPError):
    """Why a lab cannot start, in one sentence for the member.

    An HTTPError, because JupyterHub shows any other one that comes quickly as "Unhandled error".
    """

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(status, sentence.replace("%", "%%"))
        self.jupyterhub_message = sentence


def sentence(error: BaseException) -> str:
    """Say it to the member, whoever raised it."""
    if said := getattr(error, "jupyterhub_message", ""):
        return str(said)
    if isinstance(error, TimeoutError) or getattr(error, "reason", "") == "timeout":
        return "JupyterLab did not answer in time: try again, and tell the operator if it stays so."
    return "It ended for a reason that the hub does not know: tell the operator."


def refused(error: object, doing: str) -> SpawnError:
    """Explain what the engine said while it was `doing` something: ``fetch``, ``start``."""
    said = str(error).lower()
    if _has(said, FULL):
        return SpawnError(
            507, "The server's disk is full, so that no lab can start: tell the operator."
        )
    if _has(said, GONE):
        return SpawnError(410, "This version is gone from the lab's registry: choose another one.")
    if _has(said, MEMORY):
        return SpawnError(
            503,
            "The server has no memory left for another lab: try again later, or tell the operator.",
        )
    if found := _MISSING.search(said):
        return _missing(found["path"])
    if doing == "fetch":
        return SpawnError(
            503, "The server could not fetch this version from the lab's registry: try again."
        )
    return SpawnError(
        500, "The server could not start this version: try another one, and tell the operator."
    )


def _missing(path: str) -> SpawnError:
    if path.startswith(f"{MOUNTS}/"):
        name = path.removeprefix(f"{MOUNTS}/").partition("/")[0]
        return SpawnError(
            503,
            f"The share {name} is not mounted on the server: ask the operator to type inv mounts.",
        )
    return SpawnError(500, "Your home folder is missing on the server: ask the operator.")


def ended(state: Mapping[str, Any], log: str, memory: int | None) -> SpawnError:
    """Explain why a lab ended while it was starting, by its container's state and last lines."""
    if state.get("OOMKilled"):
        limit = f"its {memory / 1024**3:.3g} GB of memory" if memory else "the memory it may have"
        return SpawnError(
            500,
            f"The lab needed more than {limit} while it was starting, and was ended: try another "
            "version, or ask the operator for more memory.",
        )
    if _has(log.lower(), FULL):
        return SpawnError(
            507,
            "The disk with your home folder is full, so that JupyterLab cannot start: ask the "
            "operator to make room.",
        )
    return SpawnError(
        500, "This version ended while it was starting: try another one, and tell the operator."
    )


def _has(text: str, signs: tuple[str, ...]) -> bool:
    return any(sign in text for sign in signs)
