"""What marks an image as ours: the name of the base, and the label that says what it is made of."""

BASE = "labhub-base"
"""The image that every other one is built from: each subject that builds one names it."""

INPUTS = "labhub.inputs"
"""The label with the digest of all that an image is made of: equal digests are the same image."""
