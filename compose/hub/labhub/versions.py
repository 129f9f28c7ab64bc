"""The versions as they are shown: which come first, which wait behind a line, which is chosen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from .catalogue import LATEST, Catalogue, Repository
from .details import Details

RECENT = 5
"""So many versions are seen at once; what is older is one key away."""
LABELS = ("stable", "testing", "deprecated")
DEPRECATED = LABELS[-1]


@dataclass(frozen=True)
class Version:
    """One row of the list."""

    reference: str
    tag: str
    details: Details | None
    label: str = ""
    is_newest: bool = False
    is_last: bool = False
    is_chosen: bool = False
    now: str = ""
    """Of `latest`: which version it is at present, where one of the others is the same image."""

    @property
    def is_moving(self) -> bool:
        """Whether it is another image after each push."""
        return self.tag == LATEST


@dataclass(frozen=True)
class Group:
    """One image: the versions that are seen, and those that wait."""

    name: str
    recent: tuple[Version, ...]
    older: tuple[Version, ...]

    @property
    def is_open(self) -> bool:
        """Whether what waits holds the choice, and so must be seen."""
        return any(version.is_chosen for version in self.older)


def label_of(labels: Mapping[str, object], reference: str) -> str:
    """Return what the operator thinks of a version, as `inv tag` wrote it; empty without a word."""
    entry = labels.get(reference)
    label = entry.get("label") if isinstance(entry, dict) else None
    return label if isinstance(label, str) and label in LABELS else ""


def make_groups(
    catalogue: Catalogue,
    details: Mapping[str, Details],
    labels: Mapping[str, object],
    last: str | None = None,
    wanted: str | None = None,
) -> tuple[Group, ...]:
    """Return the list, with `wanted` chosen, else `last`, else the first that is not deprecated."""
    listed = [_versions(image, details, labels, last) for image in catalogue]
    everything = [version for versions in listed for version in versions]
    chosen = _choose(everything, (wanted, last))
    return tuple(
        _group(image.name, [replace(it, is_chosen=it.reference == chosen) for it in versions])
        for image, versions in zip(catalogue, listed, strict=True)
    )


def _versions(
    image: Repository,
    details: Mapping[str, Details],
    labels: Mapping[str, object],
    last: str | None,
) -> list[Version]:
    newest = image.versions[0] if image.versions else None
    rows = []
    for tag in image.tags:
        reference = f"{image.name}:{tag}"
        row = Version(
            reference=reference,
            tag=tag,
            details=details.get(reference),
            label=label_of(labels, reference),
            is_newest=tag == newest,
            is_last=reference == last,
        )
        rows.append(replace(row, now=_same(image, row, details)) if row.is_moving else row)
    return rows


def _same(image: Repository, latest: Version, details: Mapping[str, Details]) -> str:
    """Return the newest version that is the same image as `latest`."""
    for tag in image.versions:
        found = details.get(f"{image.name}:{tag}")
        if found and latest.details and found.digest == latest.details.digest:
            return tag
    return ""


def _choose(versions: Sequence[Version], wishes: Sequence[str | None]) -> str:
    references = [version.reference for version in versions]
    good = [version.reference for version in versions if version.label != DEPRECATED]
    granted = [wish for wish in wishes if wish in references]
    return next(iter([*filter(None, granted), *good, *references]), "")


def _group(name: str, versions: Sequence[Version]) -> Group:
    """Split a list: what is deprecated waits behind the line, however new it is."""
    good = [version for version in versions if version.label != DEPRECATED] or list(versions)
    recent = tuple(good[:RECENT])
    older = tuple(version for version in versions if version not in recent)
    # A line that hides a single version takes more room than that version.
    if len(older) == 1 and older[0].label != DEPRECATED:
        return Group(name, (*recent, *older), ())
    return Group(name, recent, older)
