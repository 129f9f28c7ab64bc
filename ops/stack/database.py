"""The hub's database across versions of JupyterHub: a later one changes it for good.

So before the version changes a copy is kept, under the version that can read it.
"""

from collections.abc import Iterator

from packaging.version import Version

from ops.errors import OperationError
from ops.remote.command import Change, Shell
from ops.remote.framing import Answers
from ops.remote.script import Question
from ops.stack.facts import STACK_FOLDER

KEPT = "/var/lib/labhub/databases"

# By SQLite itself, with the Python of the hub's own image: the hub may run, or not. Where an
# upgrade was broken off behind its start, the hub that runs has changed the database already.
_COPY = """\
import sqlite3, sys
from importlib.metadata import version
if version("jupyterhub") == sys.argv[1]:
    source = sqlite3.connect("/data/jupyterhub.sqlite", timeout=30)
    source.backup(sqlite3.connect(sys.argv[2]))
"""
_KEEP = """\
folder=$1 version=$2 copy=$3 current=$4
kept=$folder/$version.sqlite
install -d -m 0700 "$folder"
rm -f "$kept.new"
image=$(docker inspect -f '{{.Image}}' labhub-hub 2>/dev/null) || image=$(
  sed -n "s/^HUB_INPUTS='\\(.*\\)'$/labhub-hub:\\1/p" "$current/settings.env")
docker run --rm --network none --volume labhub-hub-data:/data --volume "$folder:$folder" \\
  "$image" python -c "$copy" "$version" "$kept.new"
if [ -f "$kept.new" ]; then
  chmod 0600 "$kept.new"
  sync "$kept.new"
  mv -fT "$kept.new" "$kept"
fi
[ -f "$kept" ] || { echo "the hub that runs is not JupyterHub $version"; exit 1; }
"""


def kept(version: str) -> str:
    """Return where the database is kept that a version of JupyterHub has left."""
    return f"{KEPT}/{version}.sqlite"


def keep(version: str) -> Change:
    """Keep the database as this version, which runs now, can read it."""
    args = (KEPT, version, _COPY, f"{STACK_FOLDER}/current")
    step = Shell(f"copy the database to {kept(version)}, by SQLite", _KEEP, args)
    return Change(f"Keep the hub's database as JupyterHub {version} reads it", (step,))


def is_older(version: str, than: str) -> bool:
    """Tell whether one version of JupyterHub is older than another."""
    return Version(version) < Version(than)


def refuse_other_version(has: str | None, wanted: str) -> None:
    """Let only `inv upgrade` bring another version of JupyterHub.

    :raises OperationError: with the task that does.
    """
    if has is None or has == wanted:
        return
    if is_older(wanted, has):
        raise OperationError(
            f"The host runs JupyterHub {has}, and this checkout has the older {wanted}, which "
            "cannot read its database: git pull, or inv rollback to a release with it"
        )
    raise OperationError(
        f"This checkout brings JupyterHub {wanted}, and the host runs {has}. inv upgrade makes a "
        "backup first, and keeps the way back"
    )


# The hub's own look at it. Of a host without a hub there is no answer.
DAMAGED = Question(
    "damaged",
    """\
image=$(docker inspect -f '{{.Image}}' labhub-hub) &&
  docker run --rm --network none --volume labhub-hub-data:/data "$image" python -c "$1" 2>&1
""",
    (
        "from pathlib import Path\n"
        "from labhub.database import require_whole\n"
        "require_whole(Path('/data/jupyterhub.sqlite'))",
    ),
)
_PUT_ASIDE = """\
docker stop labhub-hub
data=$(docker volume inspect -f '{{.Mountpoint}}' labhub-hub-data)
install -d -m 0700 "$1"
for file in "$data"/jupyterhub.sqlite*; do
  mv -fT "$file" "$1/damaged-$(date +%Y%m%dT%H%M%S)${file#"$data/jupyterhub"}"
done
"""


def put_damaged_aside(answers: Answers) -> Iterator[Change]:
    """Let a hub start whose database is damaged: with a new one."""
    if "database is damaged" in answers[DAMAGED.key]:
        step = Shell(f"move jupyterhub.sqlite to {KEPT}", _PUT_ASIDE, (KEPT,))
        yield Change(f"Put the hub's damaged database aside, in {KEPT}", (step,))
