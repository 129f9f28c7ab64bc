"""Containers and images of the host's engine: which of some there are, and what it says of them."""

import json
from collections.abc import Mapping
from typing import Any

from ops.plan.files import read_script
from ops.plan.question import Question

Objects = Mapping[str, Mapping[str, Any]]
"""What `docker inspect` says, by the names of containers and the tags of images."""


def objects(key: str, *names: str) -> Question[Objects]:
    """Ask for those of these containers and images that there are."""
    return Question(key, read_script("ops.plan", "objects.sh"), _parse, names)


def _parse(text: str) -> Objects:
    # An image has tags where a container has a name.
    found = {
        it.get("Name") or next(iter(it["RepoTags"]), ""): it for it in json.loads(text or "[]")
    }
    return {name.removeprefix("/"): it for name, it in found.items()}


def is_running(container: Mapping[str, Any]) -> bool:
    """Tell whether a container runs; one that is paused does not."""
    state = container["State"]
    return bool(state["Running"] and not state["Paused"])
