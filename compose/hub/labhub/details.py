"""What an image says of itself: when and from what it was built, its size, the operator's note."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

COMMIT_LENGTH = 8
_OCI = "org.opencontainers.image"


@dataclass(frozen=True)
class Details:
    """An image behind a tag; what it does not say is None or empty."""

    digest: str
    size: int
    """Bytes of its layers, compressed, as the registry keeps them."""
    created: datetime | None = None
    revision: str = ""
    note: str = ""

    @property
    def commit(self) -> str:
        """The commit, as short as people write it."""
        return self.revision[:COMMIT_LENGTH]


class DetailsError(Exception):
    """A manifest or a configuration is not what the OCI's image format says."""


def config_digest(manifest: Any) -> str:
    """Return which blob is the image's configuration.

    :raises DetailsError: where the manifest is no image's.
    """
    try:
        return str(manifest["config"]["digest"])
    except (LookupError, TypeError) as error:
        raise DetailsError(f"no manifest of an image: {error}") from error


def parse_details(digest: str, manifest: Any, config: Any) -> Details:
    """Read a manifest and its configuration.

    :raises DetailsError: where they are no image's.
    """
    try:
        labels = config.get("config", {}).get("Labels") or {}
        return Details(
            digest=digest,
            size=sum(int(layer["size"]) for layer in manifest["layers"]),
            # The label is the push; an image's own time may be that of an old layer.
            created=_read_time(labels.get(f"{_OCI}.created") or config.get("created")),
            revision=_text(labels, f"{_OCI}.revision"),
            note=_text(labels, "labhub.note"),
        )
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise DetailsError(f"no image: {error!r}") from error


def _text(labels: Mapping[str, Any], key: str) -> str:
    return str(labels.get(key) or "").strip()


def _read_time(value: object) -> datetime | None:
    try:
        return datetime.fromisoformat(str(value)).astimezone(UTC)
    except ValueError:
        return None


def in_words(size: int) -> str:
    """Write a number of bytes as people read it: ``712 MB``, ``1.4 GB``."""
    megabytes = size / 1e6
    if megabytes < 1:
        return "less than 1 MB"
    return f"{megabytes:.0f} MB" if megabytes < 999.5 else f"{megabytes / 1000:.1f} GB"


def day_of(time: datetime) -> str:
    """Write a day as people read it: ``22 June 2026``."""
    return f"{time.day} {time:%B %Y}"
