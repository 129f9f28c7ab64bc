"""The lab image: what it is made of, and its build on the host with BuildKit."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ops.labels import CREATED, INPUTS, NOTE, REVISION, TAG, VERSION, WORK
from ops.plan.command import Change, Shell, Step, run
from ops.plan.script import lock_file
from ops.publisher import READ_PORT, WRITE_PORT

ADDRESS = f"localhost:{READ_PORT}"
"""The registry as the host's own engine knows it; the loopback needs no TLS."""
PUBLISHING_ADDRESS = f"localhost:{WRITE_PORT}"
"""The same as it can be written to."""
BUILD_FOLDER = ".cache/labhub/build"
PASSED = " /tmp/smoke-test "
"""What is in the step of the recipe whose layer tells the version that has passed the test."""
RESOLVED = "COPY /resolved/"
"""How the step of the recipe begins whose layer tells what an image has of Python packages."""
REASON_LINES = 8
# One whose lock can be had is nobody's any more; our own has its new name by then.
_SWEEP = """\
for folder in "$1"/[!.]*; do
  lock=${2%.lock}${folder##*/}.lock
  [ ! -d "$folder" ] || flock --nonblock "$lock" rm -rf "$folder" || true
done
"""


@dataclass(frozen=True)
class Image:
    """What is to be built: a context folder, and what the image says of itself.

    `base` is what the host calls the image that it is built from, `inputs` the digest of all that
    it is made of: equal inputs are the same image. `version` is what the package has to say of
    itself, "" for `work` in progress, which is that of a branch or commit; `stays` says why it is
    not to become `latest` by itself. A note of None leaves the one that there is.
    """

    name: str
    tag: str
    context: Path
    import_name: str
    jupyterhub: str
    base: str
    revision: str
    inputs: str
    version: str = ""
    work: str = ""
    note: str | None = None
    stays: str = ""
    subfolder: str = ""
    extras: tuple[str, ...] = ()

    @property
    def reference(self) -> str:
        """Return the image as the host's engine calls it."""
        return f"{ADDRESS}/{self.name}:{self.tag}"

    @property
    def published_by(self) -> str:
        """Return the name by which it goes into the registry."""
        return f"{PUBLISHING_ADDRESS}/{self.name}:{self.tag}"

    @property
    def folder(self) -> str:
        """Return the build folder, in the home of the operator on the host."""
        return f"{BUILD_FOLDER}/{self.name}/{self.tag}"

    @property
    def last_folder(self) -> str:
        """Return what the build folder of its last tag has become: what need not travel again."""
        # No tag begins with a dot.
        return f"{BUILD_FOLDER}/{self.name}/.last"


def build(image: Image, home: str, now: datetime, *, anew: bool = False) -> Change:
    """Plan the build on the host; the image's own Dockerfile tests it before it gets its name.

    `anew` takes no layer of earlier builds, so that Debian's packages are those of today; of
    Python packages the versions stay, and what was downloaded of them.
    """
    said = {VERSION: image.version, WORK: image.work, NOTE: image.note}
    labels = {
        "org.opencontainers.image.title": image.name,
        TAG: image.tag,
        REVISION: image.revision,
        CREATED: now.astimezone(UTC).isoformat(timespec="seconds"),
        "labhub.jupyterhub": image.jupyterhub,
        INPUTS: image.inputs,
    } | {name: text for name, text in said.items() if text}
    arguments = {
        "BASE_IMAGE": image.base,
        "VERSION": image.version,
        "IMPORT_NAME": image.import_name,
        "JUPYTERHUB_VERSION": image.jupyterhub,
        "SUBFOLDER": image.subfolder,
        "EXTRAS": ",".join(image.extras),
    }
    options = [part for pair in labels.items() for part in ("--label", "=".join(pair))]
    options += [part for pair in arguments.items() for part in ("--build-arg", "=".join(pair))]
    command = ["docker", "buildx", "build", "--load", "--provenance=false", "--progress=plain"]
    command += ["--no-cache"] if anew else []
    tags = ("--tag", image.reference, "--tag", image.published_by)
    return Change(
        f"Build {image.name}:{image.tag} and test it",
        (run(*command, *tags, *options, f"{home}/{image.folder}"),),
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


def leave(image: Image, home: str) -> tuple[Step, ...]:
    """Plan what a push leaves: its folder, for the next tag, which has most of the same files.

    What pushes that failed have left there goes, and so does an image that has lost its name to
    this one, unless a lab has it.
    """
    folder, last = f"{home}/{image.folder}", f"{home}/{image.last_folder}"
    untag = "docker image rm --no-prune"
    sweep = ("rm -rf of folders that failed pushes have left", _SWEEP)
    return (
        # Its other name stays; somebody may have been quicker.
        Shell(f"{untag} {image.published_by}", f'{untag} "$1" || true', (image.published_by,)),
        run("rm", "-rf", last),
        run("mv", "--no-target-directory", folder, last),
        Shell(*sweep, (f"{home}/{BUILD_FOLDER}/{image.name}", lock_file(f"push-{image.name}-"))),
        prune(image.name),
    )


def prune(name: str) -> Step:
    """Plan the end of those images of a name that have lost it, unless a lab has them."""
    title = f"label=org.opencontainers.image.title={name}"
    command = "docker image prune --force --filter"
    # Of two at once the engine refuses one; the next does it.
    return Shell(f"{command} {title}", f'{command} "$1" || true', (title,))
