"""The session: an account for as long as it lasts, and what `labhub.probe` meets as it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ops.errors import FactError
from ops.names import CHECK, EVERYBODY, account
from ops.remote.command import Change, run_attended
from ops.remote.framing import Answers
from ops.remote.script import LOCK_FOLDER, Question
from ops.settings.shares import Mount

UID = 60_999
"""Above those that `useradd` gives to members, below those that systemd uses."""
WHY = "Sign in as a member, start a lab and look around in it"

_MARK = "labhub check"
_FOUND = f"{LOCK_FOLDER}/check.json"

# Whatever it was that ended it, and also what a power cut has left: nothing stays.
_SESSION = """\
name=$1 account=$2 uid=$3 mark=$4 found=$5; shift 5
is_ours() { [ "$(getent passwd "$account" | cut -d : -f 5)" = "$mark" ]; }
clear_away() { {
  docker exec labhub-hub python -m labhub.operate forget "$name"
  docker ps --all --quiet --filter "label=labhub.lab=$name" | xargs -r docker rm --force
  if is_ours; then userdel "$account"; rm -rf --one-file-system -- "/home/$account"; fi
  groupdel "$account"
} </dev/null >/dev/null 2>&1 || :; }
docker inspect labhub-hub labhub-proxy >/dev/null 2>&1 ||
  { echo "there is no hub on this host yet: first  inv deploy"; exit 1; }
if getent passwd "$account" >/dev/null && ! is_ours; then
  echo "$account is an account of somebody else: no check can be made as it"; exit 1
fi
clear_away
trap clear_away EXIT
groups=
for group; do ! getent group "$group" >/dev/null || groups+=${groups:+,}$group; done
groupadd --gid "$uid" "$account"
useradd --uid "$uid" --gid "$account" --groups "$groups" --comment "$mark" --create-home \\
  --home-dir "/home/$account" --shell /bin/bash "$account"
chmod 0700 "/home/$account"
url=http://proxy:8000
[ "$(docker inspect -f '{{index .Config.Labels "labhub.https"}}' labhub-proxy)" != yes ] ||
  url=https://proxy:8443
said=$(timeout 420 docker exec labhub-hub python -m labhub.probe "$name" "$url" </dev/null)
printf '{"groups": "%s", "session": %s}\\n' "$(id -G "$account")" "$said" > "$found"
"""

SESSION = Question("session", f"cat {_FOUND}")


@dataclass(frozen=True)
class Session:
    """What a session met: times in seconds by step; `lab` is empty where no image is there yet.

    `groups` are the numbers that the account had on the host, `away` the mounts without which the
    lab was started.
    """

    image: str
    seconds: dict[str, float]
    groups: frozenset[int]
    away: frozenset[str]
    lab: dict[str, Any]


def have_session(mounts: Sequence[Mount]) -> Change:
    """Return the change that has a session, as a member of all groups that shares are for."""
    groups = dict.fromkeys([EVERYBODY, *(it.share.group for it in mounts if it.share.group)])
    words = (CHECK, account(CHECK), str(UID), _MARK, _FOUND, *groups)
    argv = ("bash", "-euo", "pipefail", "-c", _SESSION, "session", *words)
    return Change(WHY, (run_attended(*argv, what=f"python -m labhub.probe {CHECK}, in the hub"),))


def parse_session(answers: Answers) -> Session:
    """Read the answer to `SESSION`.

    :raises FactError: where the host tells of none.
    """
    try:
        found = json.loads(answers["session"])
        met = found["session"]
        return Session(
            image=met["image"],
            seconds=met["seconds"],
            groups=frozenset(map(int, found["groups"].split())),
            away=frozenset(met["away"]),
            lab=met["lab"],
        )
    except (LookupError, TypeError, ValueError) as error:
        raise FactError("The check has left no result on the host; run it again") from error
