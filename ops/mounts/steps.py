"""The steps that mount, try, place and remove: what no single program does."""

from collections.abc import Sequence

from ops.mounts.facts import OUTDATED, unit
from ops.mounts.fstab import VERIFY, credentials
from ops.names import mount_folder, mount_point
from ops.remote.command import Secret, Shell
from ops.settings.shares import Mount

_TRY = """\
name=$1 source=$2 options=$3
umask 077
folder=$(mktemp -d /run/labhub/try.XXXXXX)
trap 'umount -l "$folder/share" 2>/dev/null || true; rm -f "$folder/login"
  rmdir "$folder/share" "$folder" 2>/dev/null || true' EXIT
mkdir "$folder/share"
cat > "$folder/login"
since=$(date +%s)
echo "try $name"
said=$(timeout -k 5 40 mount -t cifs -o "credentials=$folder/login,$options" \\
  "$source" "$folder/share" 2>&1 </dev/null) &&
  said=$(ls -U "$folder/share" 2>&1 >/dev/null) && exit 0
printf '%s\\n' "$said"
journalctl --dmesg --quiet --output cat --since "@$since" | grep -aE 'CIFS|cifs' | tail -n 8 || true
case $said in
  # Away, not wrong: the file server may be switched off today. It is mounted when it is back.
  *"("@(11|101|110|111|112|113|115)")"*|'') echo away; exit 0;;
esac
exit 1
"""

_PLACE = """\
folder=$1 target=$2 before=$3
point=$folder/share
mkdir -p "$folder"
chmod 0755 "$folder"
if ! grep -qF " $point " /proc/self/mountinfo; then
  [ -d "$point" ] || mkdir "$point"
  chattr -i "$point" 2>/dev/null || true
  chown 0:0 "$point"
  chmod 0000 "$point"
  chattr +i "$point" 2>/dev/null || echo "this file system has no immutable folders"
fi
if [ "$before" != "$target" ] && [ "$(readlink "$before")" = "$point" ]; then rm "$before"; fi
if [ "$(readlink "$target")" != "$point" ]; then
  mkdir -p "$(dirname "$target")"
  if [ -d "$target" ] && [ ! -L "$target" ]; then rmdir "$target"; fi
  ln -sT "$point" "$target"
fi
"""

_UNMOUNT = """\
# Lazily: what a lab has open stays readable until it is closed, and is seen nowhere else.
unmount() {
  systemctl stop "$1.automount" "$1.mount" >/dev/null 2>&1 || true
  while grep -qF " $2 " /proc/self/mountinfo; do umount -l "$2"; done
  systemctl reset-failed "$1.automount" "$1.mount" >/dev/null 2>&1 || true
}
"""

_RESTART = (
    _UNMOUNT
    + """\
unit=$1 point=$2 note=$3
systemctl daemon-reload
unmount "$unit" "$point"
systemctl start "$unit.automount"
rm -f "$note"
# The first access mounts it: at once, where the file server is there.
timeout 30 stat -f "$point/" >/dev/null 2>&1 || true
"""
)

_REMOVE = (
    _UNMOUNT
    + """\
unit=$1 folder=$2 target=$3 note=$4 login=$5
systemctl daemon-reload
unmount "$unit" "$folder/share"
chattr -i "$folder/share" 2>/dev/null || true
# Never more than empty folders: what somebody put there is not ours to delete.
for path in "$folder/share" "$folder"; do if [ -d "$path" ]; then rmdir "$path"; fi; done
if [ "$(readlink "$target")" = "$folder/share" ]; then rm "$target"; fi
rm -f "$note" "$login"
"""
)

_FSTAB = (
    VERIFY
    + """\
seen=$1 wanted=$2 new=/etc/.fstab.labhub
if [ "$(sha256sum </etc/fstab | cut -c-64)" != "$seen" ]; then
  echo "somebody else has just edited /etc/fstab; run the task again"
  exit 1
fi
errors() { verify "$1" | grep -cE '\\[E\\]|^parse error' || true; }
cp -p /etc/fstab "$new"
printf %s "$wanted" | base64 -d > "$new"
# Another's line may be broken already, and stays so; none may become so.
if [ "$(errors "$new")" -gt "$(errors /etc/fstab)" ]; then
  verify "$new"
  rm "$new"
  exit 1
fi
cp -p /etc/fstab /etc/.fstab.before
sync "$new" /etc/.fstab.before
mv -fT /etc/.fstab.before /etc/fstab.before-labhub
mv -fT "$new" /etc/fstab
sync /etc
systemctl daemon-reload
"""
)


def try_out(what: str, mount: Mount, options: Sequence[str], login: Secret) -> Shell:
    """Mount a share at a place of its own for a moment; one that is away is no error.

    It prints ``try NAME`` first, then what mount.cifs and the kernel said where it failed.
    """
    # @(…) in a pattern is bash's own.
    script = "shopt -s extglob\n" + _TRY
    return Shell(what, script, (mount.name, mount.share.source, ",".join(options)), login)


def note(what: str, path: str) -> Shell:
    """Leave an empty file, its folder made where it is missing."""
    return Shell(what, 'mkdir -p "$(dirname "$1")" && touch "$1"', (path,))


def place(what: str, mount: Mount, before: str) -> Shell:
    """Make the mount point, into which nothing can be written, and the link that leads to it."""
    return Shell(what, _PLACE, (mount_folder(mount.name), mount.target, before))


def replace_fstab(what: str, arguments: tuple[str, str]) -> Shell:
    """Replace /etc/fstab, of the digest that is expected, by base64 text, once it is verified."""
    return Shell(what, _FSTAB, arguments)


def restart(what: str, name: str) -> Shell:
    """Mount anew, at the first access, by what fstab says now."""
    arguments = (unit(name), mount_point(name), f"{OUTDATED}/{name}")
    return Shell(what, _RESTART, arguments)


def remove(what: str, name: str, target: str) -> Shell:
    """Unmount and take away all that a mount was made of, its line in fstab aside."""
    arguments = (unit(name), mount_folder(name), target)
    return Shell(what, _REMOVE, (*arguments, f"{OUTDATED}/{name}", credentials(name)))
