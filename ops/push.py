"""The walk of `inv push`: refuse, build and test, publish, and ask the registry what it has."""

from datetime import UTC, datetime

from ops import console
from ops.apply import carry_out, order
from ops.command import Change
from ops.errors import OperationError, StepError
from ops.facts import STACK, parse_stack
from ops.framing import Answers
from ops.host import Host
from ops.images import HOME, Image, build, clean, get_ready, publish, verdict
from ops.registry import Published, Registry


def push(host: Host, image: Image, *, latest: bool, force: bool, dry: bool) -> None:
    """Publish an image under its tag, and as `latest` where that is wanted.

    :raises OperationError: when another image has the tag and `force` is not given; when the build
        or its test fails, and then nothing is published.
    """
    registry = Registry(host.http)
    answers = host.ask((*STACK, HOME))
    _require_stack(answers, host.where)
    before = registry.find(image.name, image.tag)
    if before and before.labels.get("labhub.inputs") == image.inputs:
        console.say(f"✓ {image.name}:{image.tag} is published already, from the same source.")
        _finish(registry, image, before, latest, dry)
        return
    if before and not force:
        raise OperationError(_refusal(image, before))
    change = build(image, answers["home"], datetime.now(UTC))
    if dry:
        console.preview((change,), host.where)
        console.say(f"  then push {image.reference}" + (" and move latest" if latest else ""))
        return
    get_ready()
    host.rsync(image.context, image.folder)
    _build(host, image, change)
    with console.layers(f"Push {image.name}:{image.tag}") as show:
        for event in publish(image, host.root_shell):
            show(event.layer, event.current, event.total)
    after = registry.find(image.name, image.tag)
    if after is None or after.labels.get("labhub.inputs") != image.inputs:
        raise OperationError(f"{image.name}:{image.tag} is not in the registry; push it again")
    _run(host, image, clean(image, answers["home"], after.digest))
    _finish(registry, image, after, latest, dry)


def _build(host: Host, image: Image, change: Change) -> None:
    try:
        _run(host, image, change)
    except StepError as error:
        if sentence := verdict(error.printed):
            raise OperationError(
                f"{image.name}:{image.tag} is not published: {sentence}"
            ) from error
        raise


def _run(host: Host, image: Image, change: Change) -> None:
    # A lock of its own: nobody's deploy waits for a build, and two tags can be built at once.
    by = order(f"push --tag {image.tag}", lock=f"push-{image.name}-{image.tag}")
    carry_out(host, (change,), (), by)


def _require_stack(answers: Answers, where: str) -> None:
    registry = parse_stack(answers).containers.get("registry")
    if registry is None or not registry.running:
        raise OperationError(f"No registry runs on {where}: first  inv deploy")


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
