"""The walk of `inv push`: fetch the package, and publish an image of it."""

import tempfile
from pathlib import Path

from ops import console
from ops.images.attempt import Attempt, Manner
from ops.images.context import prepare, read_source
from ops.images.mirror import uncommitted
from ops.images.wanted import Wanted
from ops.remote.apply import order
from ops.remote.host import Host


def push(host: Host, root: Path, wanted: Wanted, manner: Manner) -> None:
    """Build, test and publish the lab image with the analysis package as it is wanted."""
    with tempfile.TemporaryDirectory(prefix="labhub-") as folder:
        with console.busy(f"Fetch {host.config.image_name} {wanted.ref}"):
            image = prepare(root, host.config, wanted, Path(folder))
        if wanted.is_work and (count := uncommitted(str(read_source(host.config)), image.revision)):
            files = "1 file that is" if count == 1 else f"{count} files that are"
            console.say(f"! Not in it: {files} not committed.", "yellow")
        by = order(
            f"push --{'ref' if wanted.is_work else 'tag'} {wanted.ref}",
            manner.wait,
            # One of its own: nobody's deploy waits for a build, and two tags can be built at once.
            lock=f"push-{image.name}-{image.tag}",
        )
        with host:
            while not Attempt(host, image, manner).is_carried_out(by):
                pass
