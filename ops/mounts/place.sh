# shellcheck shell=bash
# Make a mount point into which nothing can be written, and the link that leads to it.
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
