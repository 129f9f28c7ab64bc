"""Which images there are to choose from, in the order in which they are shown."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .labels import CREATED, NOTE, TAG, WORK
from .names import tag_key


@dataclass(frozen=True)
class Version:
    """One tag of an image, and the labels by which the image tells of itself."""

    tag: str
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def work(self) -> str:
        """Return the branch of work in progress; "" for a release."""
        return self.labels.get(WORK, "")

    @property
    def note(self) -> str:
        """Return the operator's line for those who choose."""
        return self.labels.get(NOTE, "")

    @property
    def own_tag(self) -> str:
        """Return the tag that the image was made for: of `latest`, which version it is."""
        return self.labels.get(TAG, "")

    @property
    def order(self) -> tuple[Any, ...]:
        """Return the sort key: releases by version; of work in progress, what was made last."""
        return (1, *tag_key(self.tag)) if not self.work else (0, self.labels.get(CREATED, ""))


@dataclass(frozen=True)
class Repository:
    """One image of the registry: its releases, then its work in progress, newest first."""

    name: str
    versions: tuple[Version, ...]

    @property
    def tags(self) -> tuple[str, ...]:
        """Return the tags of the versions."""
        return tuple(version.tag for version in self.versions)


Catalogue = tuple[Repository, ...]


def make_catalogue(found: Mapping[str, Iterable[Version] | None], first: str) -> Catalogue:
    """Order what the registry answered: `first`, then by name.

    A repository whose last tag was deleted answers null, and is left out.
    """
    names = sorted((name for name in found if found[name]), key=lambda name: (name != first, name))
    return tuple(
        Repository(name, tuple(sorted(found[name] or (), key=lambda it: it.order, reverse=True)))
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
