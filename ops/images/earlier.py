"""What earlier images have of Python packages: a build keeps it where it can."""

from collections.abc import Mapping
from pathlib import PurePosixPath

from ops import console
from ops.images.build import RESOLVED, Image
from ops.images.context import FROM_GIT, LAST, OWN
from ops.images.published import Published
from ops.images.registry import LostError, Registry


def remember(registry: Registry, image: Image, before: Published | None) -> None:
    """Tell the build what the same tag has, which is `before`, else what `latest` has."""
    try:
        last = resolved(registry, before or registry.find(image.name, "latest"))
    except LostError as error:
        console.say(f"! {error}. Its versions are not known: they are chosen anew.", "yellow")
        return
    (image.context / LAST / OWN).write_text(last.get(OWN, ""))
    # Another tag goes with the branch that it asks for.
    if before:
        (image.context / LAST / FROM_GIT).write_text(last.get(FROM_GIT, ""))


def resolved(registry: Registry, image: Published | None) -> Mapping[str, str]:
    """Return what an image says of its Python packages, by the names of its files."""
    found = registry.files(image, RESOLVED) if image else {}
    return {PurePosixPath(path).name: text for path, text in found.items()}
