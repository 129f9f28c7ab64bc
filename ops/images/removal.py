"""Operation: tags leave the registry, and with them what nobody else needs; the rest is proven."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from rich.filesize import decimal

from ops.errors import OperationError
from ops.images.collect import collect
from ops.images.containers import CONTAINERS, Container, parse_containers, running
from ops.images.labels import LABELS, Labels, parse_labels, write
from ops.images.offer import LATEST, move_latest, reference
from ops.images.records import RECORDS, Records, parse_records
from ops.images.storage import STORAGE, Storage, Version, parse_storage
from ops.names import tag_key
from ops.remote.command import Change, Step
from ops.remote.framing import Answers
from ops.words import listed

QUESTIONS = (STORAGE, LABELS, CONTAINERS, RECORDS)

_OCI = "application/vnd.oci.image.manifest.v1+json"


@dataclass(frozen=True)
class Shelf:
    """All that is known of the registry's images and of who needs them."""

    storage: Storage
    labels: Labels
    containers: tuple[Container, ...]
    records: Records


def parse_shelf(answers: Answers) -> Shelf:
    """Read the answers to `QUESTIONS`."""
    return Shelf(
        parse_storage(answers),
        parse_labels(answers),
        parse_containers(answers),
        parse_records(answers),
    )


@dataclass(frozen=True)
class Removal:
    """What is to go: tags, the images that lose their last tag, and what `latest` means then."""

    image: str
    tags: tuple[str, ...]
    gone: tuple[Version, ...]
    latest: str | None


def plan_removal(image: str, tags: Iterable[str], shelf: Shelf) -> Removal:
    """Decide what goes; `latest` never goes on meaning an image whose own tag is taken away."""
    has = shelf.storage.tags.get(image, {})
    doomed = [tag for tag in tags if tag in has]
    goals = {has[tag] for tag in doomed}
    stay = [tag for tag in has if tag not in doomed and tag != LATEST]
    is_orphaned = has.get(LATEST) in goals - {has[tag] for tag in stay} and LATEST not in doomed
    latest = _preferred(image, stay, shelf.labels) if is_orphaned else None
    if is_orphaned and latest is None:
        doomed.append(LATEST)
    kept = {has[tag] for tag in has if tag not in doomed and not (is_orphaned and tag == LATEST)}
    versions = [it for it in shelf.storage.versions if it.image == image]
    gone = [it for it in versions if it.digest in goals - kept]
    return Removal(image, tuple(doomed), tuple(gone), latest)


def _preferred(image: str, tags: Iterable[str], labels: Labels) -> str | None:
    def preference(tag: str) -> tuple[object, ...]:
        return labels.get(f"{image}:{tag}") not in ("testing", "deprecated"), tag_key(tag)

    return max(tags, key=preference, default=None)


def ensure_removed(removal: Removal, shelf: Shelf, force: bool = False) -> Iterator[Change]:
    """Take tags away, and every blob that no other image needs.

    :raises OperationError: while somebody runs such an image, or a member's record names it.
    """
    storage, image = shelf.storage, removal.image
    if not force and (reasons := list(_reasons(removal, shelf))):
        raise OperationError("\n".join([*reasons, "--force removes it all the same."]))
    if removal.latest:
        digest = storage.tags[image][removal.latest]
        media_type = storage.documents.get(digest, {}).get("mediaType", _OCI)
        yield move_latest(image, removal.latest, digest, media_type)
    free = storage.alone(removal.gone) | storage.garbage
    if not removal.tags and not free:
        return
    names = [f"{image}:{tag}" for tag in removal.tags]
    kept = {name: label for name, label in shelf.labels.items() if name not in names}
    steps: list[Step] = [] if kept == shelf.labels else [write(kept)]
    why = f"Remove {listed(names)} from the registry" if names else "Collect what no tag needs"
    steps.append(collect(storage, [(image, tag) for tag in removal.tags], removal.gone))
    yield Change(f"{why}, {decimal(storage.size(free))}", tuple(steps))


def remaining(removal: Removal, storage: Storage) -> Storage:
    """Return the storage with the tags as they are to be afterwards."""
    has = storage.tags.get(removal.image, {})
    kept = {tag: digest for tag, digest in has.items() if tag not in removal.tags}
    if removal.latest:
        kept[LATEST] = has[removal.latest]
    return replace(storage, tags={**storage.tags, removal.image: kept})


def _reasons(removal: Removal, shelf: Shelf) -> Iterator[str]:
    for tag in removal.tags:
        name = reference(removal.image, tag)
        ids = [id_ for it in removal.gone if tag in it.tags for id_ in it.ids]
        by_name = [it.image for it in shelf.containers if it.reference == name]
        if members := running(shelf.containers, [*ids, *by_name]):
            labs = "lab of" if len(members) == 1 else "labs of"
            yield f"{removal.image}:{tag} is not removed: it runs in the {labs} {listed(members)}."
        if ids and (members := shelf.records.naming(ids)):
            yield (
                f"{removal.image}:{tag} is not removed: {listed(members)} worked with it, says "
                "~/.labhub/sessions.jsonl, and could not repeat that."
            )
