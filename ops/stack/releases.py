"""Operation: back to a release of the stack that the host has kept."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from ops.errors import UsageError
from ops.remote.command import Change
from ops.remote.framing import Answers
from ops.remote.script import Question
from ops.stack.database import is_older, keep, kept
from ops.stack.facts import STACK_FOLDER
from ops.stack.services import start_release

UNKNOWN = "?"
"""The version of JupyterHub of a release that has lost its files."""

# Of each release its folder's name, when it was made, its size, the port of its hub, the version of
# its JupyterHub, whether all of its images are there, and these images.
RELEASES = Question(
    "releases",
    f"""\
cd {STACK_FOLDER}/releases || exit
basename "$(readlink {STACK_FOLDER}/current)"
for name in *; do
  [ -d "$name" ] || continue
  inputs=$(sed -n "s/^\\([A-Z]*\\)_INPUTS='\\(.*\\)'$/labhub-\\L\\1:\\2/p" "$name/settings.env")
  port=$(sed -n "s/^HUB_PORT='\\(.*\\)'$/\\1/p" "$name/settings.env")
  hub=$(sed -n 's/^jupyterhub==\\([^ ;]*\\).*/\\1/p' "$name/hub/requirements.lock")
  docker image inspect $inputs >/dev/null 2>&1 && is_whole=yes || is_whole=no
  echo "$name $(stat -c %Y "$name") $(du -sb "$name" | cut -f 1)" \\
    "${{port:-0}} ${{hub:-{UNKNOWN}}} $is_whole" $inputs
done
""",
)


@dataclass(frozen=True)
class Release:
    """A release on the host; `is_whole` where all images that it runs from are there as well."""

    name: str
    made: int
    size: int
    images: frozenset[str]
    port: int = 80
    jupyterhub: str = UNKNOWN
    is_whole: bool = True


@dataclass(frozen=True)
class Releases:
    """All releases of a host, the newest first; `current` is empty where none runs."""

    current: str
    all: tuple[Release, ...]

    @property
    def jupyterhub(self) -> str:
        """The version of JupyterHub that runs."""
        return next((it.jupyterhub for it in self.all if it.name == self.current), UNKNOWN)

    def others(self) -> tuple[Release, ...]:
        """Return those that are not the current one."""
        return tuple(it for it in self.all if it.name != self.current)


def parse_releases(answers: Answers) -> Releases:
    """Read the answer to `RELEASES`."""
    current, *lines = answers["releases"].splitlines() or [""]
    found = sorted(map(_release, lines), key=lambda it: (it.made, it.name), reverse=True)
    return Releases(current, tuple(found))


def _release(line: str) -> Release:
    name, made, size, port, jupyterhub, is_whole, *images = line.split()
    return Release(
        name, int(made), int(size), frozenset(images), int(port), jupyterhub, is_whole == "yes"
    )


def choose(releases: Releases, wanted: str, where: str) -> Release:
    """Return the release to go back to: the one before the current, or the one that is wanted.

    :raises UsageError: where there is none, or not one.
    """
    show = "inv releases shows what there is"
    if wanted:
        fitting = [it for it in releases.all if it.name.startswith(wanted)]
        if len(fitting) != 1:
            how_many = "several releases" if fitting else "no release"
            raise UsageError(f"On {where} {how_many} begin with {wanted!r}; {show}")
        chosen = fitting[0]
    else:
        before = _before(releases)
        if not before:
            raise UsageError(f"On {where} there is no release before the one that runs; {show}")
        chosen = before[0]
    if not chosen.is_whole:
        raise UsageError(
            f"Release {chosen.name} on {where} has lost its images: check its version of this "
            "repository out, then inv deploy"
        )
    return chosen


def _before(releases: Releases) -> Sequence[Release]:
    names = [it.name for it in releases.all]
    if releases.current not in names:
        return releases.all
    return releases.all[names.index(releases.current) + 1 :]


def ensure_release(release: Release, releases: Releases) -> Iterator[Change]:
    """Bring the stack back to a release; where its hub does not answer, what runs is put back.

    With an older JupyterHub comes the database that it has left: it could read no later one.
    """
    if release.name == releases.current:
        return
    folder = f"{STACK_FOLDER}/releases/{release.name}"
    why = f"Go back to release {release.name} and wait until its hub answers"
    has = releases.jupyterhub
    if has == release.jupyterhub or UNKNOWN in (has, release.jupyterhub):
        yield Change(why, (start_release(folder, release.port),))
        return
    yield keep(has)
    database = kept(release.jupyterhub) if is_older(release.jupyterhub, has) else ""
    yield Change(why, (start_release(folder, release.port, database, kept(has)),))


def rows(releases: Releases) -> Iterator[tuple[str, str, str, str]]:
    """Return what `inv releases` shows: name, when it was made, JupyterHub, and what it is."""
    for it in releases.all:
        state = "runs" if it.name == releases.current else "" if it.is_whole else "images are gone"
        made = datetime.fromtimestamp(it.made).astimezone()
        yield it.name, f"{made:%Y-%m-%d %H:%M}", it.jupyterhub, state
