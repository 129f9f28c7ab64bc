"""The lab image: what it is made of, and its build on the host with BuildKit."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ops.images.versions import version_in
from ops.labels import INPUTS
from ops.plan.command import Change, run

ADDRESS = "localhost:5000"
"""The registry as the host's own engine knows it; the loopback needs no TLS."""
BUILD_FOLDER = ".cache/labhub/build"
RESOLVED = "COPY /resolved/"
"""How the step of the recipe begins whose layer tells what an image has of Python packages."""
REASON_LINES = 8


@dataclass(frozen=True)
class Image:
    """What is to be built: a context folder, and what the image says of itself.

    `base` is what the host calls the image that it is built from, `inputs` the digest of all that
    it is made of: equal inputs are the same image.
    """

    name: str
    tag: str
    context: Path
    import_name: str
    jupyterhub: str
    base: str
    revision: str
    inputs: str
    subfolder: str = ""
    extras: tuple[str, ...] = ()

    @property
    def reference(self) -> str:
        """Return the image as the host's engine calls it."""
        return f"{ADDRESS}/{self.name}:{self.tag}"

    @property
    def folder(self) -> str:
        """Return the build folder, in the home of the operator on the host."""
        return f"{BUILD_FOLDER}/{self.name}/{self.tag}"

    @property
    def last_folder(self) -> str:
        """Return what the build folder of its last tag has become: what need not travel again."""
        # No tag begins with a dot.
        return f"{BUILD_FOLDER}/{self.name}/.last"


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
        "BASE_IMAGE": image.base,
        "VERSION": str(version_in(image.tag) or image.tag),
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


def clean(image: Image, home: str, published: str) -> Change:
    """Plan the end of a push: what was published stands in the audit log.

    Its folder stays for the next tag, which has most of its history and files.
    """
    folder, last = f"{home}/{image.folder}", f"{home}/{image.last_folder}"
    return Change(
        f"Publish {image.name}:{image.tag} as {published}",
        (run("rm", "-rf", last), run("mv", "--no-target-directory", folder, last)),
    )
