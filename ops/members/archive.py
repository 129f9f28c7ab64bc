"""The shell that packs the home of a removed member, and unpacks it; nothing goes unproved.

Each script can be broken off anywhere and run again: an archive gets its name when it has been
compared with the home, a home leaves its place as a whole before it is deleted, and comes back as a
whole after it has been compared with the archive.
"""

from ops.members.facts import REMOVED_FOLDER
from ops.names import account, home
from ops.remote.command import Shell

# Owners as numbers, as the account of a file's owner may be gone by then; links as links, wherever
# they point to; extended attributes and access lists as well. Sockets, which hold nothing, are left
# out.
_TAR = """\
tar_() { tar --numeric-owner --acls --xattrs --xattrs-include='*' "$@"; }
# Whether an archive and the folder $2/$name are the same: each member of the one against the other,
# and as many of the one as of the other.
matches() {
  tar_ --compare --file "$1" --directory "$2" || return
  [ "$(tar --list --quoting-style=escape --file "$1" | wc -l)" = \\
    "$(find "$2/$name" -xdev ! -type s -printf . | wc -c)" ] && return
  echo "the archive holds more or less than $2/$name"
  return 1
}
"""

_PACK = (
    _TAR
    + """\
place=$1 name=$2 archive=$3 uid=$4
mounted=$(awk -v path="$place/$name" '$5 == path || index($5, path "/") == 1 { print $5; exit }' \\
  /proc/self/mountinfo)
[ -z "$mounted" ] || { echo "$mounted is mounted there: unmount it first"; exit 1; }
find /proc -maxdepth 1 -name '[0-9]*' -uid "$uid" -printf '%f\\n' 2>/dev/null \\
  | xargs -r kill -KILL 2>/dev/null || true
mkdir -p "${archive%/*}"
chmod 0700 "${archive%/*}"
if [ -e "$archive" ] && matches "$archive" "$place" >/dev/null 2>&1; then exit 0; fi
# A tenth of what is free stays free: a full disk would harm everybody.
ulimit -f $(($(df --output=avail --block-size=1K "${archive%/*}" | tail -n 1) * 9 / 10))
trap 'rm -f "$archive.new"' EXIT
umask 077
tar_ --create --gzip --format=posix --sparse --one-file-system --file "$archive.new" \\
  --directory "$place" -- "$name" \\
  || { echo "$place/$name could not be packed; is the disk full?"; exit 1; }
matches "$archive.new" "$place" || { echo "the archive differs from $place/$name"; exit 1; }
sync "$archive.new"
if [ -e "$archive" ]; then  # of another home that once stood there: it is nobody's to delete
  mv -T "$archive" "${archive%.tar.gz}.until-$(date -u -r "$archive" +%Y%m%dT%H%M%S).tar.gz"
fi
mv -T "$archive.new" "$archive"
sync "${archive%/*}"
"""
)

_DELETE = """\
place=$1 name=$2
[ ! -e "$place/$name" ] || {
  rm -rf --one-file-system -- "$place/.$name.removed"
  mv -T "$place/$name" "$place/.$name.removed"
}
rm -rf --one-file-system -- "$place/.$name.removed"
"""

_UNPACK = (
    _TAR
    + """\
place=$1 name=$2 archive=$3
beside=$place/.$name.back
trap 'rm -rf --one-file-system -- "$beside"' EXIT
rm -rf --one-file-system -- "$beside"
mkdir -m 0700 "$beside"
ulimit -f $(($(df --output=avail --block-size=1K "$place" | tail -n 1) * 9 / 10))
tar_ --extract --preserve-permissions --same-owner --file "$archive" --directory "$beside" \\
  || { echo "$archive could not be unpacked; is the disk full?"; exit 1; }
matches "$archive" "$beside" || { echo "what was unpacked differs from $archive"; exit 1; }
sync -f "$beside"
mv -nT "$beside/$name" "$place/$name"
[ ! -e "$beside/$name" ] || { echo "$place/$name is there already"; exit 1; }
"""
)

# Another home may stand there than the one of the archive: then the archive stays, by another name.
_FORGET = (
    _TAR
    + """\
place=$1 name=$2 archive=$3 record=$4
if [ -e "$archive" ] && matches "$archive" "$place" >/dev/null 2>&1; then
  rm -f -- "$archive"
elif [ -e "$archive" ]; then
  kept=${archive%.tar.gz}.until-$(date -u -r "$archive" +%Y%m%dT%H%M%S).tar.gz
  mv -T "$archive" "$kept"
  echo "$place/$name is another one by now: $kept is kept"
fi
rm -f -- "$record"
"""
)


def archive_of(name: str) -> str:
    """Return the archive of a removed member's home."""
    return f"{REMOVED_FOLDER}/{name}.tar.gz"


def record_of(name: str) -> str:
    """Return the file that tells what a removed member was."""
    return f"{REMOVED_FOLDER}/{name}.json"


def pack(name: str, uid: int) -> Shell:
    """Pack a home, and compare the archive with it."""
    what = f"tar --create {archive_of(name)}, then tar --compare with {home(name)}"
    return Shell(what, _PACK, (*_place(name), archive_of(name), str(uid)))


def delete(name: str) -> Shell:
    """Delete a home, and what is left of one whose deletion was broken off."""
    return Shell(f"rm -rf --one-file-system {home(name)}", _DELETE, _place(name))


def unpack(name: str) -> Shell:
    """Unpack a home beside its place, compare it with its archive, and put it there."""
    what = f"tar --extract {archive_of(name)}, tar --compare, then rename to {home(name)}"
    return Shell(what, _UNPACK, (*_place(name), archive_of(name)))


def forget(name: str) -> Shell:
    """Delete the archive of a home that is back, and the record."""
    what = f"tar --compare {archive_of(name)} with {home(name)}, then rm it and {record_of(name)}"
    return Shell(what, _FORGET, (*_place(name), archive_of(name), record_of(name)))


def _place(name: str) -> tuple[str, str]:
    return home(name).rpartition("/")[0], account(name)
