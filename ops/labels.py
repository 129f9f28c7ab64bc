"""What marks an image as ours: the names of the bases, and the labels that say what it is."""

BASE = "labhub-base"
"""The image that every other one is built from: each subject that builds one names it."""

LAB_BASE = "labhub-lab-base"
"""The image that labs are built from where `LAB_BASE_IMAGE` gives them another one."""

ORIGIN = "labhub.origin"
"""The label of a base with the image that it is made from."""

INPUTS = "labhub.inputs"
"""The label with the digest of all that an image is made of: equal digests are the same image."""


def lab_base(base_image: str, lab_base_image: str) -> str:
    """Return the name of the base of lab images."""
    return BASE if lab_base_image == base_image else LAB_BASE
