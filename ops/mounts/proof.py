"""What of each mount works: looked at, and tried as a member; from questions to a table's rows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.filesize import decimal

from ops.mounts.errors import explain
from ops.mounts.facts import unit
from ops.mounts.fstab import VERIFY
from ops.names import ACCOUNT_PREFIX, EVERYBODY, mount_point
from ops.remote.framing import Answers
from ops.remote.script import Question
from ops.settings.shares import Mount

# Each mount is a question of its own, so that all are proved at once. What is tried is tried as a
# member of the group, or, where there is none yet, as nobody with the group's number.
_PROOF = f"""\
point=$1 group=$2 unit=$3 depth=$4
since=$(date +%s)
say() {{ printf '%s=%s\\n' "$1" "$(printf %s "$2" | tr '\\n' ' ')"; }}
fs=$(timeout -k 5 40 stat -f -c '%T %a %b %S' "$point/" 2>&1)
if [[ $fs != smb* && $fs != cifs* ]]; then
  [[ $fs = stat:* ]] || fs='nothing is mounted there'
  say failed "$fs"
  journalctl --quiet --output cat --since "@$since" --unit "$unit" | grep -a 'mount error\\|resolve'
  journalctl --quiet --output cat --since "@$since" --dmesg | grep -a CIFS
  exit
fi
say space "${{fs#* }}"
member=$(getent group "$group" | cut -d: -f4 | tr , '\\n' | grep -m1 '^{ACCOUNT_PREFIX}')
if [ -n "$member" ]; then
  as=(setpriv --reuid "$member" --regid "$(id -g "$member")" --init-groups --)
else
  as=(setpriv --reuid 65534 --regid "$(getent group "$group" | cut -d: -f3)" --clear-groups --)
fi
say member "$member"
say read "$(timeout -k 5 40 "${{as[@]}}" ls -U "$point" 2>&1 >/dev/null && echo ok)"
if [ "$depth" = look ]; then
  say may_write "$("${{as[@]}}" test -w "$point" && echo ok)"
else
  say write "$(timeout -k 5 40 "${{as[@]}}" bash -c 'file=$1/.labhub-proof-$$
    echo proof > "$file" && [ "$(cat "$file")" = proof ] && echo ok; rm -f "$file"
    ' - "$point" 2>&1)"
fi
"""


_BROKEN = (
    VERIFY
    + r"""
verify /etc/fstab | awk '
  /^parse error at/ { print }
  /^[^ \t]/ { target = $0 }
  /\[E\]/ && target !~ "^/srv/labhub/" { sub(/.*\[E\] /, ""); print target ": " $0 }'
"""
)
BROKEN = Question("fstab_broken", _BROKEN)
"""What of /etc/fstab is not right by findmnt's judgement, a line each."""


@dataclass(frozen=True)
class Proof:
    """What was found of one mount; `problem` says in one sentence what is not right."""

    mount: Mount
    is_mounted: bool
    read: str
    write: str
    free: str
    problem: str | None


def proof_questions(mounts: Sequence[Mount], only_look: bool) -> tuple[Question, ...]:
    """Return the questions that prove mounts; with `only_look` nothing is written to any."""
    depth = "look" if only_look else "try"
    proofs = (
        Question(
            _key(mount),
            _PROOF,
            (
                mount_point(mount.name),
                mount.share.group or EVERYBODY,
                f"{unit(mount.name)}.mount",
                depth,
            ),
        )
        for mount in mounts
    )
    return (*proofs, BROKEN)


def _key(mount: Mount) -> str:
    return f"proof_{mount.name}"


def parse_proofs(mounts: Sequence[Mount], answers: Answers) -> Iterator[Proof]:
    """Read the answers to `proof_questions`."""
    for mount in mounts:
        said = answers[_key(mount)]
        lines = dict(line.split("=", 1) for line in said.splitlines() if "=" in line)
        if "space" in lines:
            yield _mounted(mount, lines)
        else:
            yield Proof(mount, False, "no", "no", "", explain(mount, said))


def _mounted(mount: Mount, said: dict[str, str]) -> Proof:
    is_read = said["read"] == "ok"
    who = said["member"] or f"a member of {mount.share.group or EVERYBODY}"
    write, problem = _write(mount, said, who)
    if not is_read:
        problem = f"{who} cannot read it: {said['read']}"
    return Proof(mount, True, "yes" if is_read else "NO", write, _space(said["space"]), problem)


def _write(mount: Mount, said: dict[str, str], who: str) -> tuple[str, str | None]:
    allow = f"have it allowed on {mount.server}, or say ro in {mount.key}"
    if "may_write" in said:
        is_allowed = said["may_write"] == "ok"
        if mount.share.read_only:
            return ("NO", f"{who} could write to it") if is_allowed else ("read-only", None)
        return ("allowed", None) if is_allowed else ("NO", f"{who} may not write: {allow}")
    if said["write"] == "ok":
        return ("YES", f"{who} can write to it") if mount.share.read_only else ("yes", None)
    if mount.share.read_only and "Read-only file system" in said["write"]:
        return "refused", None
    reason = said["write"].rpartition(": ")[2].strip()
    return "NO", f"{who} cannot write ({reason}): {allow}"


def _space(text: str) -> str:
    available, total, size = (int(number) for number in text.split())
    return f"{decimal(available * size)} of {decimal(total * size)}"
