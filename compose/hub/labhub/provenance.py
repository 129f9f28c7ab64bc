"""What a session is made of, as one record: for the lab's environment and the member's own file."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from .limits import Limits, describe
from .mounts import Mount


@dataclass(frozen=True)
class Session:
    """One start of a lab; the digest is the registry's, the id the engine's."""

    time: str
    image: str
    digest: str | None
    id: str
    version: str | None
    revision: str | None
    jupyterhub: str
    limits: Limits
    mounts: tuple[tuple[str, str], ...]

    def to_json(self) -> str:
        """Write it as the line of `sessions.jsonl`."""
        record = asdict(self)
        limits = record.pop("limits")
        return json.dumps({**record, **limits, "mounts": dict(self.mounts)})

    def environment(self) -> dict[str, str]:
        """Return what a lab knows of itself; `lab-entry` appends the record to the file."""
        known = {
            "LABHUB_IMAGE": self.image,
            "LABHUB_DIGEST": self.digest,
            "LABHUB_VERSION": self.version,
            "LABHUB_REVISION": self.revision,
            "LABHUB_SUMMARY": f"{self.image} · {describe(self.limits)}",
            "LABHUB_SESSION": self.to_json(),
        }
        return {key: value for key, value in known.items() if value}


def make_session(
    image: str,
    found: Mapping[str, Any],
    limits: Limits,
    mounts: Sequence[Mount],
    jupyterhub: str,
    now: datetime,
) -> Session:
    """Describe the start of a lab of an image, which the engine has `found` under its name."""
    repository = image.rpartition(":")[0]
    labels = (found.get("Config") or {}).get("Labels") or {}
    return Session(
        time=now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        image=image.partition("/")[2],
        digest=find_digest(found.get("RepoDigests") or (), repository),
        id=found["Id"],
        version=labels.get("org.opencontainers.image.version"),
        revision=labels.get("org.opencontainers.image.revision"),
        jupyterhub=jupyterhub,
        limits=limits,
        mounts=tuple((mount.name, "ro" if mount.read_only else "rw") for mount in mounts),
    )


def find_digest(names: Sequence[str], repository: str) -> str | None:
    """Return the digest under which a registry's repository holds an image, out of all its names.

    The engine knows it from the pull; an image that was only built here has none.
    """
    for name in names:
        where, _, digest = name.partition("@")
        if where == repository:
            return digest
    return None
