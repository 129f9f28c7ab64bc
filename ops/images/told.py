"""What a push says: why it refuses, what it has made and what it has replaced."""

from collections.abc import Iterator, Sequence

from ops.images.build import PASSED, Image
from ops.images.earlier import resolved
from ops.images.published import Published
from ops.images.registry import Registry
from ops.labels import CREATED, REVISION
from ops.wording import listed


def refusal(image: Image, before: Published, members: Sequence[str]) -> str:
    """Say why a tag that is published is not replaced; `members` run what it is."""
    revision = before.labels.get(REVISION, "")
    created = before.labels.get(CREATED, "an unknown time")
    is_same = revision and revision == image.revision
    around = "other lists, another base or another lab-image/ around the same commit"
    what = around if is_same else "other content"
    running = f", which {listed(members)} run{'s' * (len(members) == 1)}" if members else ""
    return (
        f"{image.name}:{image.tag} is published already with {what}: commit "
        f"{revision[:12] or 'unknown'}, built {created}, {before.digest[:19]}{running}. Choose "
        "another tag, or replace it for everybody by --force"
    )


def notes(registry: Registry, after: Published) -> Iterator[str]:
    """Say what an image has instead of what the lab's lock names."""
    for note in resolved(registry, after).get("notes.txt", "").splitlines():
        yield f"! instead of the lab's own: {note}"


def outcome(
    registry: Registry, image: Image, before: Published | None, after: Published, who: Sequence[str]
) -> Iterator[str]:
    """Say what was replaced, and what work in progress says of itself."""
    name = f"{image.name}:{image.tag}"
    if before:
        until = f"; {listed(who)} had it, until the next start" if who else ""
        yield f"✓ {name} replaces {before.digest}{until}."
    if image.work:
        version = "".join(registry.files(after, PASSED).values()).strip()
        yield f"✓ {name} says of itself that it is {version}."
