"""Which images there are to choose from, in the order in which they are shown."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from .names import tag_key

LATEST = "latest"
"""The tag that moves along with each push."""


@dataclass(frozen=True)
class Repository:
    """One image of the registry with its tags, newest first."""

    name: str
    tags: tuple[str, ...]

    @property
    def versions(self) -> tuple[str, ...]:
        """The tags that stay what they are."""
        return tuple(tag for tag in self.tags if tag != LATEST)


Catalogue = tuple[Repository, ...]


def make_catalogue(found: Mapping[str, Iterable[str] | None], first: str) -> Catalogue:
    """Order what the registry answered: `first`, then by name; the newest tag first.

    A repository whose last tag was deleted answers null, and is left out.
    """
    names = sorted((name for name in found if found[name]), key=lambda name: (name != first, name))
    return tuple(
        Repository(name, tuple(sorted(found[name] or (), key=tag_key, reverse=True)))
        for name in names
    )


def references(catalogue: Catalogue) -> tuple[str, ...]:
    """Return every choice as ``image:tag``."""
    return tuple(f"{image.name}:{tag}" for image in catalogue for tag in image.tags)


def newest(catalogue: Catalogue, name: str) -> str | None:
    """Return the newest ``image:tag`` of one repository, None where it has none."""
    return next(
        (f"{image.name}:{image.tags[0]}" for image in catalogue if image.name == name), None
    )
