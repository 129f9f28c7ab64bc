"""The walk of `inv push`: refuse, build and test, publish, and ask the registry what it has."""

import os
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from rich.filesize import decimal

from ops import console, progress
from ops.apply import carry_out, order
from ops.errors import OperationError, StepError, UsageError
from ops.images.build import HOME, build, engine_client, publish, temporary_images, verdict
from ops.images.collect import REGISTRY
from ops.images.offer import LATEST, Offered, bring, ensure_offered, parse_offered, questions
from ops.images.recipe import Image, Wanted, prepare, read_note, require_recipe
from ops.images.registry import Published, Registry
from ops.images.space import DISKS, estimate, parse_disks, warnings
from ops.lab import Lab
from ops.names import tag_problem
from ops.remote.command import Change, Plan, Shell
from ops.remote.framing import Answers
from ops.remote.host import Host
from ops.remote.script import Lock

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "labhub" / "git"

_FORGET = """\
home=$(getent passwd "${SUDO_USER:-root}" | cut -d: -f6)
# What was still on its way there may come while it is removed.
for _ in 1 2 3 4 5; do rm -rf "${home:?}/$1" && break; sleep 1; done
shift
for image; do ! docker image inspect "$image" || docker image rm "$image"; done
"""


def push_wanted(
    lab: Lab, tag: str, image: str, note: str, *, latest: bool, force: bool, wait: bool
) -> None:
    """Fetch the source at a tag, then build, test and publish it.

    :raises UsageError: where there can be no such tag, before anything is fetched.
    """
    if problem := tag_problem(tag):
        raise UsageError(problem)
    if tag == LATEST:
        raise UsageError("latest is moved by each push; give the version itself, such as 1.2")
    wanted = Wanted(lab.image(image), tag, read_note(note))
    require_recipe(lab.root, lab.config, wanted.name)
    with tempfile.TemporaryDirectory(prefix="labhub-") as folder:
        with progress.busy(f"Fetch {wanted.name} {tag}"):
            made = prepare(lab.root, lab.config, wanted, Path(folder), CACHE)
        with lab.host() as host:
            push(host, made, latest=latest, force=force, wait=wait, dry=lab.dry)


def push(
    host: Host, image: Image, *, latest: bool, force: bool, wait: bool = False, dry: bool = False
) -> None:
    """Publish an image under its tag, and as `latest` where that is wanted.

    :raises OperationError: when another image has the tag and `force` is not given; when the build
        or its test fails, and then nothing is published.
    """
    registry = Registry(host.http)
    asked = (*questions(image.name, image.tag), DISKS, HOME)
    if dry:
        _preview(host, registry, image, host.ask(asked), latest, force)
        return
    # One push at a time for a tag; any number of tags, but none while the registry is collected.
    locks = (Lock(f"push-{image.name}-{image.tag}"), Lock(REGISTRY, shared=True))
    # Whether we end here or are gone: nothing of the build stays behind.
    forget = Shell("", _FORGET, (image.folder, *temporary_images(image)))
    by = order(_task(image), wait, locks)
    with host.hold(asked, by, (forget,), progress.notify_waiting) as answers:
        offered = parse_offered(answers)
        done = _published_already(registry, image, offered, force, host.where)
        plan: Plan = ()
        if done is None:
            _check_room(registry, image, answers, host.where)
            done = _build_and_publish(host, registry, image, answers["home"])
            plan = (_publication(image, done),)
        known = registry.find(image.name, LATEST) if latest else done
        have = None if plan else offered
        _carry_out(host, image, (*plan, *ensure_offered(image.name, image.tag, done, known, have)))
    console.say(f"{image.name}:{image.tag}  {done.digest}  {decimal(done.size)}", "bold")


def _preview(
    host: Host, registry: Registry, image: Image, answers: Answers, latest: bool, force: bool
) -> None:
    offered = parse_offered(answers)
    if _published_already(registry, image, offered, force, host.where) is None:
        _check_room(registry, image, answers, host.where)
        console.preview((build(image, answers["home"], datetime.now(UTC)),), host.where)
        console.say(f"  then push {image.reference}" + (" and move latest" if latest else ""))


def _published_already(
    registry: Registry, image: Image, offered: Offered, force: bool, where: str
) -> Published | None:
    """Return what is published where it is the same; refuse what cannot be published."""
    if not offered.is_running:
        raise OperationError(f"No registry runs on {where}: first  inv deploy")
    if offered.jupyterhub not in ("", image.jupyterhub):
        raise OperationError(
            f"The hub on {where} is JupyterHub {offered.jupyterhub}, and {image.name}:{image.tag} "
            f"would have {image.jupyterhub}, which it cannot start: first  inv deploy"
        )
    before = registry.find(image.name, image.tag)
    if before and before.labels.get("labhub.inputs") == image.inputs:
        note = before.labels.get("labhub.note", "")
        if image.note in ("", note):
            name = f"{image.name}:{image.tag}"
            console.say(f"✓ {name} is published already, from the same source.")
            return before
    if before and not force:
        raise OperationError(_refusal(image, before))
    return None


def _refusal(image: Image, before: Published) -> str:
    label = before.labels.get
    if label("labhub.inputs") == image.inputs:
        what = f"the note {label('labhub.note', '')!r} from the same source"
    elif label("org.opencontainers.image.revision") == image.revision != "":
        what = "another lab-image/ around the same commit"
    else:
        what = "other content"
    revision = label("org.opencontainers.image.revision", "")[:12] or "unknown"
    created = label("org.opencontainers.image.created", "an unknown time")
    return (
        f"{image.name}:{image.tag} is published already with {what}: commit {revision}, built "
        f"{created}. Choose another tag, or replace it for everybody by --force"
    )


def _check_room(registry: Registry, image: Image, answers: Answers, where: str) -> None:
    known = registry.find(image.name, image.tag) or registry.find(image.name, LATEST)
    for sentence in warnings(parse_disks(answers), estimate(image, known), where):
        console.say(f"! {sentence}", "yellow")


def _build_and_publish(host: Host, registry: Registry, image: Image, home: str) -> Published:
    host.rsync(image.context, image.folder)
    with engine_client(host) as client:
        try:
            _carry_out(host, image, (build(image, home, datetime.now(UTC)),))
        except StepError as error:
            if sentence := verdict(error.printed):
                said = f"{image.name}:{image.tag} is not published: {sentence}"
                raise OperationError(said) from error
            raise
        with progress.layers(f"Push {image.name}:{image.tag}") as show:
            for event in publish(image, client):
                show(event.layer, event.current, event.total)
    done = registry.find(image.name, image.tag)
    if done is None or done.labels.get("labhub.inputs") != image.inputs:
        raise OperationError(f"{image.name}:{image.tag} is not in the registry; push it again")
    return done


def _publication(image: Image, done: Published) -> Change:
    why = f"Publish {image.name}:{image.tag} as {done.digest}"
    return Change(why, (bring(image.name, image.tag, done.digest),))


def _carry_out(host: Host, image: Image, plan: Plan) -> None:
    if plan:
        # The locks are held by a session of their own.
        carry_out(host, plan, (), order(_task(image), locks=()))


def _task(image: Image) -> str:
    return f"push --image {image.name} --tag {image.tag}"
