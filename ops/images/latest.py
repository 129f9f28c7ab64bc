"""What `latest` means: it moves when a push says so, or forward by itself."""

from ops.images.build import Image
from ops.images.published import Published
from ops.images.registry import Registry, whole
from ops.images.versions import Named, latest_after, version_in
from ops.labels import TAG, VERSION


def settle(
    registry: Registry, image: Image, done: Published | None, wanted: bool | None, dry: bool
) -> tuple[bool, str]:
    """Make `latest` the image that is `done`, or not; tell whether it moves, and say it.

    `done` is None for an image that would yet be made.
    """
    now = whole(registry, image.name, "latest")
    if now and done and now.digest == done.digest:
        return False, ""
    moves, said = latest_after(_named(image), _published(now) if now else None, wanted)
    if moves and done and not dry:
        registry.move(image.name, "latest", done)
    return moves, f"{'  then' if dry else '✓' if moves else '…'} {image.name}: {said}."


def _named(image: Image) -> Named:
    return Named(image.tag, version_in(image.version), image.stays, bool(image.work))


def _published(image: Published) -> Named:
    tag = image.labels.get(TAG, "another image")
    return Named(tag, version_in(image.labels.get(VERSION, tag)))
