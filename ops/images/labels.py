"""Operation: the labels that the operator puts on tags, which members see when they choose."""

import json
from collections.abc import Iterator, Mapping, Sequence

from ops.errors import OperationError, UsageError
from ops.images.source import nearest_tags
from ops.images.storage import Storage
from ops.names import tag_problem
from ops.remote.command import Change, Upload
from ops.remote.framing import Answers
from ops.remote.script import Question
from ops.stack import hub_files

FILE = f"{hub_files.FOLDER}/images.json"
"""Read by the hub at each request."""
LABELS = Question("labels", f"cat {FILE}")
KINDS = ("stable", "testing", "deprecated")
NONE = "none"

Labels = Mapping[str, str]
"""The label of each ``image:tag`` that has one."""


def read_tags(tags: Sequence[str]) -> tuple[str, ...]:
    """Check the tags of a command line.

    :raises UsageError: with every mistake, before any connection.
    """
    problems = [problem for tag in tags if (problem := tag_problem(tag))]
    if not tags:
        problems.append("which? Give --tag 1.2 (as often as you like)")
    if problems:
        raise UsageError("\n".join(problems))
    return tuple(dict.fromkeys(tags))


def read_label(tags: Sequence[str], text: str) -> str | None:
    """Check a label; `none` takes it back.

    :raises UsageError: where there is no such label, or where `latest` would get one.
    """
    if text not in (*KINDS, NONE):
        raise UsageError(f"--label should be {', '.join(KINDS)} or {NONE}, not {text!r}")
    if "latest" in tags:
        raise UsageError("latest is another name for a version: label that one, such as 1.2")
    return None if text == NONE else text


def parse_labels(answers: Answers) -> Labels:
    """Read the answer to `LABELS`; a damaged file holds none, to the hub as well."""
    try:
        found = json.loads(answers["labels"] or "{}")
        return {name: str(entry["label"]) for name, entry in found.items()}
    except (ValueError, TypeError, AttributeError, KeyError):
        return {}


def ensure_label(
    image: str, tags: Sequence[str], label: str | None, storage: Storage, labels: Labels
) -> Iterator[Change]:
    """Put a label on tags, or take it off them.

    :raises OperationError: for a tag that the registry does not have.
    """
    has = storage.tags.get(image, {})
    if absent := [tag for tag in tags if tag not in has]:
        raise OperationError("\n".join(not_there(image, tag, has) for tag in absent))
    names = [f"{image}:{tag}" for tag in tags]
    differing = [name for name in names if labels.get(name) != label]
    if differing:
        wanted = {**labels, **dict.fromkeys(differing, label)}
        what = f"Label {', '.join(differing)} {label}" if label else None
        why = what or f"Take the label off {', '.join(differing)}"
        yield Change(why, (write({name: it for name, it in wanted.items() if it}),))


def write(labels: Labels) -> Upload:
    """Return the file that says these labels."""
    entries = {name: {"label": label} for name, label in sorted(labels.items())}
    return Upload(FILE, json.dumps(entries, indent=1) + "\n")


def not_there(image: str, tag: str, has: Mapping[str, str]) -> str:
    """Say that a tag is not in the registry, and which may have been meant."""
    if not has:
        return f"There is no {image} in the registry; inv images shows what there is"
    nearest = ", ".join(nearest_tags(tag, list(has)))
    return f"{image}:{tag} is not in the registry; nearest: {nearest}"
