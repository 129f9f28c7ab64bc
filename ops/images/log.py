"""What builds have printed, kept on this machine."""

from collections.abc import Sequence
from pathlib import Path

from ops import console
from ops.images.build import Image
from ops.images.context import cache_folder


def log_of(image: Image) -> Path:
    """Return the file of what the last build of a tag has printed."""
    return cache_folder("log") / f"{image.name}-{image.tag}.log"


def keep(image: Image, printed: Sequence[str]) -> None:
    """Keep the whole output of a build, for its operator alone."""
    log = log_of(image)
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        log.touch(mode=0o600)
        log.write_text("".join(f"{line}\n" for line in printed), "utf-8", "replace")
    except OSError as error:
        console.say(f"! The output of the build cannot be kept: {error}", "yellow")
