"""The lab image: what it is made of, and its build on the host with BuildKit."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from ops.hashing import digest
from ops.images.source import tree_hash
from ops.labels import BASE, INPUTS
from ops.plan.command import Change, run

ADDRESS = "localhost:5000"
"""The registry as the host's own engine knows it; the loopback needs no TLS."""
BUILD_FOLDER = ".cache/labhub/build"
REASON_LINES = 8


@dataclass(frozen=True)
class Image:
    """What is to be built: a context folder, and what the image says of itself."""

    name: str
    tag: str
    context: Path
    import_name: str
    jupyterhub: str
    base_image: str
    revision: str
    subfolder: str = ""
    extras: tuple[str, ...] = ()

    @cached_property
    def inputs(self) -> str:
        """Digest all that the image is made of; equal inputs are the same image."""
        made = (self.revision, self.subfolder, *self.extras)
        parts = (self.tag, self.import_name, self.jupyterhub, self.base_image, *made)
        return digest(tree_hash(self.context), *parts)

    @property
    def reference(self) -> str:
        """Return the image as the host's engine calls it."""
        return f"{ADDRESS}/{self.name}:{self.tag}"

    @property
    def folder(self) -> str:
        """Return the build folder, in the home of the operator on the host."""
        return f"{BUILD_FOLDER}/{self.name}-{self.tag}"


def build(image: Image, home: str, now: datetime) -> Change:
    """Plan the build on the host; the image's own Dockerfile tests it before it gets its name."""
    labels = {
        "org.opencontainers.image.title": image.name,
        "org.opencontainers.image.version": image.tag,
        "org.opencontainers.image.revision": image.revision,
        "org.opencontainers.image.created": now.astimezone(UTC).isoformat(timespec="seconds"),
        "labhub.jupyterhub": image.jupyterhub,
        INPUTS: image.inputs,
    }
    arguments = {
        "BASE_IMAGE": BASE,
        "VERSION": image.tag,
        "IMPORT_NAME": image.import_name,
        "JUPYTERHUB_VERSION": image.jupyterhub,
        "SUBFOLDER": image.subfolder,
        "EXTRAS": ",".join(image.extras),
    }
    options = [part for pair in labels.items() for part in ("--label", "=".join(pair))]
    options += [part for pair in arguments.items() for part in ("--build-arg", "=".join(pair))]
    command = ("docker", "buildx", "build", "--load", "--provenance=false", "--progress=plain")
    return Change(
        f"Build {image.name}:{image.tag} and test it",
        (run(*command, "--tag", image.reference, *options, f"{home}/{image.folder}"),),
    )


def verdict(printed: Iterable[str]) -> str | None:
    """Find the sentence by which the image's own recipe refuses a package; None without one.

    Its cause stands below it: what the recipe marks as that, else the last lines before.
    """
    steps: dict[str, list[str]] = {}
    verdict = None
    for line in printed:
        # What BuildKit shows of a step: its number, the seconds, and what it printed.
        found = re.match(r"(#\d+) [\d.]+ (.*)", line)
        if found is None:
            continue
        said = steps.setdefault(found[1], [])
        if sentence := re.match(r"(SMOKE|BUILD): (.*)", found[2]):
            if sentence[1] == "SMOKE":
                return sentence[2]
            # The last one: what a build prints may look like one.
            verdict = "\n".join([sentence[2], *_cause(said, sentence[2])])
        said += [found[2].rstrip()] if found[2].strip() else []
    return verdict


def _cause(said: list[str], sentence: str) -> list[str]:
    marked = [line.removeprefix("BUILD| ") for line in said if line.startswith("BUILD| ")]
    lines = said if sentence.endswith("(see above)") else marked
    return [f"    {line}" for line in lines[-REASON_LINES:]]


def may_have_notes(printed: Sequence[str]) -> bool:
    """Tell whether an image may say that it differs from the lock.

    The build says it where it installs the package; where that layer was there already, who knows.
    """
    installs = (re.match(r"(#\d+) \[package \d+/\d+\] RUN .*--no-deps", line) for line in printed)
    cached = {f"{found[1]} CACHED" for found in installs if found}
    return any(line in cached or re.match(r"#\d+ [\d.]+ LOCK: ", line) for line in printed)


def clean(image: Image, home: str, published: str) -> Change:
    """Plan the end of a push: what was published stands in the audit log, its folder is gone."""
    return Change(
        f"Publish {image.name}:{image.tag} as {published}",
        (run("rm", "-rf", f"{home}/{image.folder}"),),
    )
