"""Operation: what no tag and no lab needs any more leaves the host."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ops.images.collect import collect
from ops.images.offer import ADDRESS, reference
from ops.images.prune_facts import HostImage, Usage
from ops.images.storage import Version
from ops.remote.command import Change, run
from ops.stack.facts import STACK_FOLDER
from ops.stack.releases import Release
from ops.words import count, listed

KEPT_RELEASES = 2
"""Beside the current one: what can be gone back to at once."""
WORTH = 1_000_000
"""Bytes below which the build cache is left alone: some of it is always there again."""

_STACK_IMAGE = re.compile(r"labhub-(registry|proxy|hub):.*|labhub-build/.*")


@dataclass(frozen=True)
class Freed:
    """A change, and at least how many bytes it frees."""

    change: Change
    size: int


def ensure_pruned(usage: Usage, force: bool = False) -> Iterator[Freed]:
    """Remove what is not needed; with `force` also images that members' records name."""
    yield from _images(usage, force)
    if usage.cache >= WORTH:
        empty = run("docker", "builder", "prune", "--force")
        yield Freed(Change("Empty the build cache of what is in no image", (empty,)), usage.cache)
    if old := old_releases(usage):
        folders = [f"{STACK_FOLDER}/releases/{it.name}" for it in old]
        why = f"Remove {count(len(old), 'old release')} of the stack"
        yield Freed(Change(why, (run("rm", "-rf", "--", *folders),)), sum(it.size for it in old))
    if usage.builds:
        why = f"Remove {count(len(usage.builds), 'build folder')} that a lost push left behind"
        remove = run("rm", "-rf", "--", *usage.builds)
        yield Freed(Change(why, (remove,)), sum(usage.builds.values()))
    yield from _registry(usage, force)


def spared(usage: Usage) -> tuple[str, ...]:
    """Return what stays only because members' records name it."""
    replaced = [f"{it.image}@{it.digest}" for it in _replaced(usage) if _is_recorded(usage, it)]
    last = [name for it in usage.images if (name := _last_copy(usage, it))]
    return tuple(it.removeprefix(f"{ADDRESS}/") for it in (*replaced, *last))


def old_releases(usage: Usage) -> tuple[Release, ...]:
    """Return the releases before the last ones; none where it is not known which one runs."""
    others = usage.releases.others()
    is_known = len(others) < len(usage.releases.all)
    return others[KEPT_RELEASES:] if is_known else ()


def _registry(usage: Usage, force: bool) -> Iterator[Freed]:
    gone = [it for it in _replaced(usage) if force or not _is_recorded(usage, it)]
    free = usage.storage.alone(gone) | usage.storage.garbage
    if free:
        also = f" and {count(len(gone), 'image')} that others have replaced" if gone else ""
        why = f"Collect from the registry what no image needs{also}"
        freed = usage.storage.size(free)
        yield Freed(Change(why, (collect(usage.storage, (), gone),)), freed)


def _replaced(usage: Usage) -> Iterator[Version]:
    return (it for it in usage.storage.versions if not it.tags)


def _is_recorded(usage: Usage, version: Version) -> bool:
    return bool(usage.records.naming(version.ids))


def _images(usage: Usage, force: bool) -> Iterator[Freed]:
    used = {it.image for it in usage.containers}
    kept = _kept_names(usage)
    names: list[str] = []
    size = 0
    for image in usage.images:
        if image.id in used or (not force and _last_copy(usage, image)):
            continue
        stale = [tag for tag in image.tags if _is_ours(tag) and not _is_kept(tag, image, kept)]
        names += stale if image.tags else [image.id]
        if len(stale) == len(image.tags):
            size += image.alone
    if names:
        shown = listed([name.removeprefix(f"{ADDRESS}/")[:40] for name in names])
        why = f"Remove from the host {count(len(names), 'image')} that no tag and no lab needs"
        remove = run("docker", "image", "rm", "--force", *names)
        yield Freed(Change(f"{why}: {shown}", (remove,)), size)


def _kept_names(usage: Usage) -> Mapping[str, frozenset[str]]:
    """Return what stays by name: for a tag of the registry as the image that it means there."""
    kept = {
        reference(it.image, tag): frozenset({*it.ids, f"{ADDRESS}/{it.image}@{it.digest}"})
        for it in usage.storage.versions
        for tag in it.tags
    }
    old = old_releases(usage)
    stack = {name for it in usage.releases.all if it not in old for name in it.images}
    return kept | dict.fromkeys(stack, frozenset())


def _is_kept(tag: str, image: HostImage, kept: Mapping[str, frozenset[str]]) -> bool:
    meant = kept.get(tag)
    return meant is not None and (not meant or bool(meant & {image.id, *image.digests}))


def _is_ours(tag: str) -> bool:
    return tag.startswith(f"{ADDRESS}/") or bool(_STACK_IMAGE.fullmatch(tag))


def _last_copy(usage: Usage, image: HostImage) -> str | None:
    """Return the name of an image that a record names and the registry has no more."""
    known = {f"{ADDRESS}/{it.image}@{it.digest}" for it in usage.storage.versions}
    lost = [it for it in image.digests if it.startswith(f"{ADDRESS}/") and it not in known]
    ids = [it.partition("@")[2] for it in lost]
    return lost[0] if lost and usage.records.naming([image.id, *ids]) else None
