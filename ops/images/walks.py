"""The walks of `inv images`, `tag`, `remove-tag` and `prune`."""

import json
from collections.abc import Sequence

from rich.filesize import decimal

from ops import console
from ops.apply import carry_out, converge, follow, order
from ops.images import listing
from ops.images.collect import REGISTRY, check_proof, proof
from ops.images.containers import CONTAINERS, parse_containers
from ops.images.labels import LABELS, ensure_label, not_there, parse_labels
from ops.images.prune import ensure_pruned, spared
from ops.images.prune_facts import QUESTIONS as USAGE
from ops.images.prune_facts import parse_usage
from ops.images.removal import QUESTIONS as SHELF
from ops.images.removal import ensure_removed, parse_shelf, plan_removal, remaining
from ops.images.space import DISKS, parse_disks
from ops.images.storage import STORAGE, parse_storage
from ops.remote.framing import Answers
from ops.remote.host import Host
from ops.remote.script import HOST, Lock, Question
from ops.words import count

LOCKS = (HOST, Lock(REGISTRY))


def show(host: Host, first: str, as_json: bool) -> None:
    """Show the registry's images, `first` before others."""
    answers = host.ask((STORAGE, LABELS, CONTAINERS))
    storage = parse_storage(answers)
    found = tuple(listing.rows(storage, parse_labels(answers), parse_containers(answers), first))
    if as_json:
        console.say(json.dumps(listing.as_json(storage, found), indent=1))
        return
    if not found:
        console.say("The registry holds no image yet: inv push --tag 1.2 makes one.")
        return
    console.table(listing.COLUMNS, [listing.cells(row) for row in found])
    console.say(listing.summary(storage))


def label(
    host: Host, image: str, tags: Sequence[str], kind: str | None, wait: bool, dry: bool
) -> None:
    """Put a label on tags, or take it off them."""
    by = order(f"tag --image {image} --tag {' --tag '.join(tags)} --label {kind or 'none'}", wait)
    converge(
        host,
        (STORAGE, LABELS),
        lambda found: ensure_label(image, tags, kind, parse_storage(found), parse_labels(found)),
        by,
        dry,
    )


def remove(
    host: Host, image: str, tags: Sequence[str], *, force: bool, wait: bool, dry: bool
) -> None:
    """Take tags away, prove that all others can still be pulled, and say what that freed."""
    by = order(f"remove-tag --image {image} --tag {' --tag '.join(tags)}", wait, LOCKS)

    def afterwards(answers: Answers) -> Sequence[Question]:
        shelf = parse_shelf(answers)
        return (proof(remaining(plan_removal(image, tags, shelf), shelf.storage)),)

    before, after = follow(
        host,
        SHELF,
        lambda found: ensure_removed(
            plan_removal(image, tags, shelf := parse_shelf(found)), shelf, force
        ),
        by,
        dry,
        afterwards,
    )
    has = parse_storage(before).tags.get(image, {})
    for tag in tags:
        if tag not in has:
            console.say(f"! {not_there(image, tag, has)}", "yellow")
    if "proof" in after:
        _report(before, after)


def _report(before: Answers, after: Answers) -> None:
    left = parse_storage(after)
    taken = (it.size(it.blobs) for it in (parse_storage(before), left))
    freed = next(taken) - next(taken)
    parts = check_proof(after)
    tags = sum(len(tags) for tags in left.tags.values())
    console.say(
        f"Freed {decimal(freed)} in the registry. {count(tags, 'tag')} left, "
        f"complete: {count(parts, 'part')} asked for, all there.",
        "bold",
    )


def prune(host: Host, *, force: bool, yes: bool, wait: bool, dry: bool) -> None:
    """Free what no tag and no lab needs, after saying what that is."""
    by = order("prune --force" if force else "prune", wait, LOCKS)
    after = None
    while after is None:
        before = host.ask((*USAGE, DISKS))
        usage = parse_usage(before)
        freed = tuple(ensure_pruned(usage, force))
        plan = tuple(it.change for it in freed)
        if kept := () if force else spared(usage):
            console.say(f"Kept, as members' records name it: {', '.join(kept)} (--force)")
        if not plan:
            console.say(f"✓ {host.where}: there is nothing that is not needed.", "green")
            return
        if dry:
            console.preview(plan, host.where)
            return
        console.say(f"On {host.where} this is not needed any more:", "bold")
        console.table(("at least", "what"), [(decimal(it.size), it.change.why) for it in freed])
        if not yes:
            console.confirm("Free it?")
        after = carry_out(host, plan, (STORAGE, DISKS, proof(usage.storage)), by)
    # Not the difference: members write at the same time.
    has, had = decimal(_free(after)), decimal(_free(before))
    console.say(f"{host.where} has {has} free now; it had {had}.", "bold")
    check_proof(after)


def _free(answers: Answers) -> int:
    return sum(disk.free for disk in parse_disks(answers))
