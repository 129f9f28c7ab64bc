"""Which images members' records name: `~/.labhub/sessions.jsonl`, written by their labs.

A measurement can be analysed once more as it was only while its image is there.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ops.errors import FactError
from ops.names import ACCOUNT_PREFIX
from ops.remote.framing import Answers
from ops.remote.script import Question

LIMIT = 16 * 1024**2
"""Bytes that are read of one member's record; 50 000 sessions fit in."""

# Members write there, and root reads: a link is not followed, a pipe not waited for, and all that
# is taken over are digests. `-execdir` works in the folder that was found, whatever replaces it.
RECORDS = Question(
    "records",
    f"""\
{{ timeout 60 find /home/{ACCOUNT_PREFIX}*/.labhub -maxdepth 1 -name sessions.jsonl -type f \\
  -printf '\\n#%p %s\\n' \\
  -execdir dd if={{}} iflag=nofollow,nonblock,count_bytes bs=64K count={LIMIT} status=none \\;
  [ $? = 124 ] || printf '\\n#complete\\n'; }} |
grep -aoE -e '^#/home/{ACCOUNT_PREFIX}[a-z0-9_-]+/.labhub/sessions.jsonl [0-9]+$' \\
  -e '^#complete$' -e 'sha256:[0-9a-f]{{64}}' |
awk '/^#/ {{ who = $0 }} !seen[who $0]++'
""",
)
_FILE = re.compile(rf"#/home/{ACCOUNT_PREFIX}([^/]+)/\S+ (\d+)")


@dataclass(frozen=True)
class Records:
    """The members by the digests that their records name, and whose record is too long to read."""

    members: Mapping[str, tuple[str, ...]]
    unread: tuple[str, ...]

    def naming(self, ids: Iterable[str]) -> tuple[str, ...]:
        """Return the members whose records name an image by one of its ids, or may do so."""
        found = {name for id_ in ids for name in self.members.get(id_, ())}
        return tuple(sorted({*found, *self.unread}))


def parse_records(answers: Answers) -> Records:
    """Read the answer to `RECORDS`.

    :raises FactError: where not all records could be read in time: none may be overlooked.
    """
    *lines, last = answers["records"].splitlines() or [""]
    if last != "#complete":
        raise FactError("The members' records (~/.labhub/sessions.jsonl) could not all be read")
    members: dict[str, list[str]] = {}
    unread = []
    name = ""
    for line in lines:
        if found := _FILE.fullmatch(line):
            name = found[1]
            if int(found[2]) > LIMIT:
                unread.append(name)
        else:
            members.setdefault(line, []).append(name)
    return Records({digest: tuple(names) for digest, names in members.items()}, tuple(unread))
