"""What `inv images` shows: the registry's images, what they say of themselves, who runs them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich.filesize import decimal

from ops.images.containers import Container, running
from ops.images.labels import Labels
from ops.images.offer import LATEST
from ops.images.storage import Storage, Version
from ops.names import tag_key
from ops.words import count, moment

COLUMNS = ("image", "tag", "built", "commit", "size", "alone", "label", "note", "run by")
_LABEL = "org.opencontainers.image."


@dataclass(frozen=True)
class Row:
    """An image of the registry; `alone` are the bytes that no other one shares."""

    image: str
    tags: tuple[str, ...]
    digest: str
    created: str
    revision: str
    jupyterhub: str
    note: str
    size: int
    alone: int
    lost: int
    labels: Mapping[str, str]
    members: tuple[str, ...]


def rows(
    storage: Storage, labels: Labels, containers: Sequence[Container], first: str
) -> Iterator[Row]:
    """Yield the images that have a tag: `first`, then by name; the newest tag first."""
    tagged = [_row(it, storage, labels, containers) for it in storage.versions if it.tags]
    yield from sorted(
        sorted(tagged, key=lambda row: tag_key(row.tags[0]), reverse=True),
        key=lambda row: (row.image != first, row.image),
    )


def _row(
    version: Version, storage: Storage, labels: Labels, containers: Sequence[Container]
) -> Row:
    said = version.labels.get
    needed = storage.needed_by([version.digest])
    # A version stands before `latest`, which is another name for it.
    versions = sorted(set(version.tags) - {LATEST}, key=tag_key, reverse=True)
    own = {tag: labels.get(f"{version.image}:{tag}") for tag in version.tags}
    return Row(
        image=version.image,
        tags=(*versions, *({LATEST} & set(version.tags))),
        digest=version.digest,
        created=said(f"{_LABEL}created", ""),
        revision=said(f"{_LABEL}revision", ""),
        jupyterhub=said("labhub.jupyterhub", ""),
        note=said("labhub.note", ""),
        size=storage.size(needed),
        alone=storage.size(storage.alone([version])),
        lost=len(needed - storage.blobs.keys()),
        labels={tag: label for tag, label in own.items() if label},
        members=running(containers, version.ids),
    )


def cells(row: Row) -> tuple[str, ...]:
    """Return a row as it is shown."""
    size = f"{count(row.lost, 'part')} LOST" if row.lost else decimal(row.size)
    return (
        row.image,
        ", ".join(row.tags),
        moment(row.created),
        row.revision[:12],
        size,
        decimal(row.alone),
        ", ".join(dict.fromkeys(row.labels.values())),
        row.note,
        ", ".join(row.members),
    )


def summary(storage: Storage) -> str:
    """Say what all of it takes, and what could go."""
    tagged = [it for it in storage.versions if it.tags]
    replaced = [it for it in storage.versions if not it.tags]
    free = storage.size(storage.alone(replaced) | storage.garbage)
    said = (
        f"{count(len(tagged), 'image')} and all that belongs to them take "
        f"{decimal(storage.size(storage.blobs))} in the registry, shared layers counted once."
    )
    return f"{said} Of that, {decimal(free)} have no tag (inv prune)." if free else said


def as_json(storage: Storage, found: Sequence[Row]) -> dict[str, Any]:
    """Return the same for programs; sizes are bytes."""
    untagged = [it for it in storage.versions if not it.tags]
    return {
        "images": [asdict(row) for row in found],
        "size": storage.size(storage.blobs),
        "without_tag": storage.size(storage.alone(untagged) | storage.garbage),
    }
