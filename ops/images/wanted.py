"""What a push is asked for: a release by its git tag, or work in progress by a branch or commit."""

import re
from dataclasses import dataclass

from packaging.version import Version

from ops.errors import UsageError
from ops.images.source import holds_secret
from ops.images.versions import version_in
from ops.names import tag_problem

NOTE_LENGTH = 120
SHORT = 7
"""How much of a commit stands in the tag of work in progress."""


@dataclass(frozen=True)
class Wanted:
    """The package at `ref`, a git tag or for work in progress whatever git knows a commit by.

    `own_tag` is the image's tag where that is not to follow from `ref`; a note of None leaves what
    there is.
    """

    ref: str
    is_work: bool = False
    own_tag: str = ""
    note: str | None = None

    @property
    def version(self) -> Version | None:
        """Return the version that the package has to have; work in progress has its own."""
        return None if self.is_work else version_in(self.ref)

    @property
    def stays(self) -> str:
        """Say why an image of it never becomes `latest` by itself; "" where it may."""
        if self.is_work:
            return "is work in progress"
        return "has a name of its own. --latest moves it" if self.own_tag else ""

    def image_tag(self, commit: str, branch: str) -> str:
        """Return the image's tag; the branch and the commit are those that `ref` was found at."""
        if not self.is_work:
            return self.own_tag or self.ref
        # What an image tag cannot hold is replaced, and it begins with none of the marks.
        name = re.sub(r"[^A-Za-z0-9_.-]+", "-", branch).strip(".-")[: 127 - SHORT].rstrip(".-")
        return self.own_tag or "-".join(filter(None, (name, commit[:SHORT])))


def refuse_besides(*others: str | bool | None) -> None:
    """Refuse what a push may be told where a tag is to be forgotten."""
    if any(others):
        raise UsageError("--forget TAG stands alone: nothing is pushed then")


def read_wanted(tag: str, ref: str, own_tag: str, note: str | None) -> Wanted:
    """Read what a push was asked for.

    :raises UsageError: before any connection, where that cannot be.
    """
    if bool(tag) == bool(ref):
        raise UsageError(
            "Give one of the two: --tag 1.2 for a release, --ref BRANCH-OR-COMMIT for work in "
            "progress"
        )
    if re.search(r"[\s\x00-\x1f\x7f:?*\[\\]|\.\.|^[-/.]", tag or ref):
        raise UsageError(f"{tag or ref!r} is no name that git can have")
    if problem := tag_problem(own_tag or tag or "work"):
        more = "" if own_tag else ". --as NAME gives the image another tag than git's"
        raise UsageError(f"{problem}{more}")
    if "latest" in (tag, own_tag):
        raise UsageError("latest is no version: give the one that it is to be, such as 1.2")
    if note is not None:
        note = " ".join(note.split())
        if len(note) > NOTE_LENGTH or not note.isprintable():
            raise UsageError(f"--note should be one line of at most {NOTE_LENGTH} characters")
        if holds_secret(note):
            raise UsageError("--note is shown to everybody, and holds a password or a token")
    return Wanted(tag or ref, is_work=bool(ref), own_tag=own_tag, note=note)
