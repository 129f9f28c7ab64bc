"""The walk of `inv push`: refuse, build and test, publish, and ask the registry what it has."""

import re
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from ops import console
from ops.errors import OperationError, StepError, UsageError
from ops.images.build import Image, build, clean, verdict
from ops.images.context import cache_folder, prepare
from ops.images.earlier import remember, resolved, whole
from ops.images.facts import HOME, missing, stack
from ops.images.publish import get_ready, publish
from ops.images.registry import Published, Registry
from ops.images.versions import latest_after
from ops.labels import INPUTS
from ops.names import tag_problem
from ops.plan.command import Change
from ops.plan.script import ANY_TURN
from ops.remote.apply import carry_out, order
from ops.remote.host import Host


def push(host: Host, root: Path, tag: str, *, latest: bool | None, force: bool, dry: bool) -> None:
    """Build, test and publish the lab image with the analysis package at a tag.

    `latest` says expressly whether it becomes that; None leaves it to the versions.

    :raises UsageError: before any connection, where no image can have this tag.
    """
    if problem := tag_problem(tag):
        raise UsageError(problem)
    if tag == "latest":
        raise UsageError("latest is no version: give the one that it is to be, such as 1.2")
    with tempfile.TemporaryDirectory(prefix="labhub-") as folder:
        with console.busy(f"Fetch {host.config.image_name} {tag}"):
            image = prepare(root, host.config, tag, Path(folder))
        with host:
            _publish(host, image, latest=latest, force=force, dry=dry)


def _publish(host: Host, image: Image, *, latest: bool | None, force: bool, dry: bool) -> None:
    """Publish an image under its tag, and as `latest` where that is wanted or moves forward.

    :raises OperationError: when another image has the tag and `force` is not given; when the build
        or its test fails, and then nothing is published.
    """
    registry = Registry(host.http)
    there = stack(image.base)
    answers = host.ask((there, HOME))
    if lacks := missing(answers[there], image.base, host.config.lab_base_image):
        raise OperationError(f"{lacks} on {host.where}: first  inv deploy")
    before = (
        whole(registry, image.name, image.tag) if force else registry.find(image.name, image.tag)
    )
    if before and before.labels.get(INPUTS) == image.inputs:
        console.say(f"✓ {image.name}:{image.tag} is published already, from the same source.")
        _finish(registry, image, before, latest, dry)
        return
    if before and not force:
        raise OperationError(_refusal(image, before))
    change = build(image, answers[HOME], datetime.now(UTC))
    if dry:
        console.preview((change,), host.where)
        now = whole(registry, image.name, "latest")
        _, said = latest_after(image.tag, _tag_of(now), latest)
        console.say(f"  then push {image.reference}; {said}")
        return
    get_ready()
    remember(registry, image, before)
    with console.busy(f"Send what is new of {image.name} {image.tag}"):
        host.rsync(image.context, image.folder, image.last_folder)
    _build(host, image, change, before)
    with console.layers(f"Push {image.name}:{image.tag}") as show:
        for event in publish(image, host.root_shell):
            show(event.layer, event.current, event.total)
    after = registry.find(image.name, image.tag)
    if after is None or after.labels.get(INPUTS) != image.inputs:
        raise OperationError(f"{image.name}:{image.tag} is not in the registry; push it again")
    for note in resolved(registry, after).get("notes.txt", "").splitlines():
        console.say(f"! instead of the lab's own: {note}", "yellow")
    # One at a time: the folder of the last tag is that of all.
    by = order(f"push --tag {image.tag}", wait=True, lock=f"push-{image.name}")
    carry_out(host, (clean(image, answers[HOME], after.digest),), (), by, ANY_TURN)
    _finish(registry, image, after, latest, dry)


def _build(host: Host, image: Image, change: Change, before: Published | None) -> None:
    """Build an image; keep what that printed."""
    printed: list[str] = []
    try:
        # A lock of its own: nobody's deploy waits for a build, and two tags can be built at once.
        by = order(f"push --tag {image.tag}", lock=f"push-{image.name}-{image.tag}")
        carry_out(host, (change,), (), by, ANY_TURN, printed.append)
    except StepError as error:
        if sentence := verdict(printed):
            # Where a cause is shown, there is more of it.
            more = f"\n  All that the build printed: {_log(image)}" if "\n" in sentence else ""
            # With `LAB` both have its name behind them.
            lab = host.config.site.name.removeprefix("site")
            sentence = re.sub(r" (site(?=/)|\.env\b)", rf" \g<1>{lab}", sentence)
            how = "stays as it was" if before else "is not published"
            raise OperationError(f"{image.name}:{image.tag} {how}: {sentence}{more}") from error
        raise
    finally:
        _keep(_log(image), printed)


def _log(image: Image) -> Path:
    return cache_folder("log") / f"{image.name}-{image.tag}.log"


def _keep(log: Path, printed: Sequence[str]) -> None:
    """Keep the whole output of a build on this machine, for its operator alone."""
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        log.touch(mode=0o600)
        log.write_text("".join(f"{line}\n" for line in printed), "utf-8", "replace")
    except OSError as error:
        console.say(f"! The output of the build cannot be kept: {error}", "yellow")


def _tag_of(image: Published | None) -> str | None:
    """Return the tag that an image had when it was made."""
    return image.labels.get("org.opencontainers.image.version", "another image") if image else None


def _refusal(image: Image, before: Published) -> str:
    revision = before.labels.get("org.opencontainers.image.revision", "")
    created = before.labels.get("org.opencontainers.image.created", "an unknown time")
    is_same = revision and revision == image.revision
    around = "other lists, another base or another lab-image/ around the same commit"
    what = around if is_same else "other content"
    return (
        f"{image.name}:{image.tag} is published already with {what}: commit "
        f"{revision[:12] or 'unknown'}, built {created}. Choose another tag, or replace it for "
        "everybody by --force"
    )


def _finish(
    registry: Registry, image: Image, done: Published, latest: bool | None, dry: bool
) -> None:
    now = whole(registry, image.name, "latest")
    if now is None or now.digest != done.digest:
        moves, said = latest_after(image.tag, _tag_of(now), latest)
        if moves and not dry:
            registry.move(image.name, "latest", done)
        mark = "  then" if dry else "✓" if moves else "…"
        console.say(f"{mark} {image.name}: {said}.")
    console.say(f"{image.name}:{image.tag}  {done.digest}  {done.size / 1e6:.0f} MB", "bold")
