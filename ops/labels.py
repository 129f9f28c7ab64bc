"""What marks an image as ours: the names of the bases, and the labels that say what it is.

The hub uses this very file (`compose/hub/labhub/labels.py` is a link to it).
"""

BASE = "labhub-base"
"""The image that every other one is built from: each subject that builds one names it."""

LAB_BASE = "labhub-lab-base"
"""The image that labs are built from where `LAB_BASE_IMAGE` gives them another one."""

ORIGIN = "labhub.origin"
"""The label of a base with the image that it is made from."""

INPUTS = "labhub.inputs"
"""The label with the digest of all that an image is made of: equal digests are the same image."""


TAG = "org.opencontainers.image.version"
REVISION = "org.opencontainers.image.revision"
CREATED = "org.opencontainers.image.created"

VERSION = "labhub.version"
"""The label of a release with the version in its git tag, which orders what `latest` may be."""

WORK = "labhub.work"
"""The label of work in progress with its branch, or its commit where it is on none."""

WAS = "labhub.was"
"""The label of a relabelled image with the digests that it had before."""

LAB = "labhub.lab"
"""The label of a lab's container with its member."""

NOTE = "labhub.note"
"""The label with a line of the operator's for those who choose."""


def lab_base(base_image: str, lab_base_image: str) -> str:
    """Return the name of the base of lab images."""
    return BASE if lab_base_image == base_image else LAB_BASE
