"""The walk of `inv push`: refuse, build and test, publish, and ask the registry what it has."""

import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from ops import console
from ops.errors import OperationError, StepError, UsageError
from ops.images.build import Image, build, clean, may_have_notes, verdict
from ops.images.context import cache_folder, prepare
from ops.images.facts import HOME, REGISTRY, has_registry, notes_of
from ops.images.publish import get_ready, publish
from ops.images.registry import Published, Registry
from ops.labels import INPUTS
from ops.names import tag_problem
from ops.plan.command import Change
from ops.plan.framing import Event, Printed
from ops.plan.script import ANY_TURN
from ops.remote.apply import order
from ops.remote.host import Host


def push(host: Host, root: Path, tag: str, *, latest: bool, force: bool, dry: bool) -> None:
    """Build, test and publish the lab image with the analysis package at a tag.

    :raises UsageError: before any connection, where no image can have this tag.
    """
    if problem := tag_problem(tag):
        raise UsageError(problem)
    if tag == "latest":
        raise UsageError("latest is moved by each push; give the version itself, such as 1.2")
    with tempfile.TemporaryDirectory(prefix="labhub-") as folder:
        with console.busy(f"Fetch {host.config.image_name} {tag}"):
            image = prepare(root, host.config, tag, Path(folder))
        with host:
            _publish(host, image, latest=latest, force=force, dry=dry)


def _publish(host: Host, image: Image, *, latest: bool, force: bool, dry: bool) -> None:
    """Publish an image under its tag, and as `latest` where that is wanted.

    :raises OperationError: when another image has the tag and `force` is not given; when the build
        or its test fails, and then nothing is published.
    """
    registry = Registry(host.http)
    answers = host.ask((REGISTRY, HOME))
    if not has_registry(answers):
        raise OperationError(f"No registry runs on {host.where}: first  inv deploy")
    before = registry.find(image.name, image.tag)
    if before and before.labels.get(INPUTS) == image.inputs:
        console.say(f"✓ {image.name}:{image.tag} is published already, from the same source.")
        _finish(registry, image, before, latest, dry)
        return
    if before and not force:
        raise OperationError(_refusal(image, before))
    change = build(image, answers[HOME], datetime.now(UTC))
    if dry:
        console.preview((change,), host.where)
        console.say(f"  then push {image.reference}" + (" and move latest" if latest else ""))
        return
    get_ready()
    host.rsync(image.context, image.folder)
    if may_have_notes(_build(host, image, change)):
        told = notes_of(image.reference)
        for note in host.ask((told,))[told]:
            console.say(f"! instead of the lab's own: {note}", "yellow")
    with console.layers(f"Push {image.name}:{image.tag}") as show:
        for event in publish(image, host.root_shell):
            show(event.layer, event.current, event.total)
    after = registry.find(image.name, image.tag)
    if after is None or after.labels.get(INPUTS) != image.inputs:
        raise OperationError(f"{image.name}:{image.tag} is not in the registry; push it again")
    _run(host, image, clean(image, answers[HOME], after.digest), [])
    _finish(registry, image, after, latest, dry)


def _build(host: Host, image: Image, change: Change) -> list[str]:
    """Build an image, and return what that printed."""
    printed: list[str] = []
    try:
        _run(host, image, change, printed)
    except StepError as error:
        if sentence := verdict(printed):
            # Where a cause is shown, there is more of it.
            more = f"\n  All that the build printed: {_log(image)}" if "\n" in sentence else ""
            raise OperationError(
                f"{image.name}:{image.tag} is not published: {sentence}{more}"
            ) from error
        raise
    finally:
        _keep(_log(image), printed)
    return printed


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


def _run(host: Host, image: Image, change: Change, printed: list[str]) -> None:
    """Make a change, and note what it prints."""
    # A lock of its own: nobody's deploy waits for a build, and two tags can be built at once.
    by = order(f"push --tag {image.tag}", lock=f"push-{image.name}-{image.tag}")
    with console.ChangeProgress((change,)).shown() as progress:

        def notify(event: Event) -> None:
            progress(event)
            printed.extend([event.line] if isinstance(event, Printed) else [])

        host.change((change,), (), by, ANY_TURN, notify)


def _refusal(image: Image, before: Published) -> str:
    revision = before.labels.get("org.opencontainers.image.revision", "")
    created = before.labels.get("org.opencontainers.image.created", "an unknown time")
    is_same = revision and revision == image.revision
    what = "another lab-image/ around the same commit" if is_same else "other content"
    return (
        f"{image.name}:{image.tag} is published already with {what}: commit "
        f"{revision[:12] or 'unknown'}, built {created}. Choose another tag, or replace it for "
        "everybody by --force"
    )


def _finish(registry: Registry, image: Image, done: Published, latest: bool, dry: bool) -> None:
    if latest and not dry:
        known = registry.find(image.name, "latest")
        if known is None or known.digest != done.digest:
            registry.move(image.name, "latest", done)
            console.say(f"✓ {image.name}:latest is now {image.tag}.")
    console.say(f"{image.name}:{image.tag}  {done.digest}  {done.size / 1e6:.0f} MB", "bold")
