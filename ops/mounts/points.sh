# shellcheck shell=bash
# Tell the state of each mount point below a folder: mounted, missing, filled, or its mode and owner.
for folder in "$1"/*/; do
  [ -d "$folder" ] || continue
  point=${folder}share
  if grep -qF " $point " /proc/self/mountinfo; then state=mounted
  elif [ ! -d "$point" ]; then state=missing
  elif [ -n "$(ls -A "$point")" ]; then state=filled
  else
    state=$(stat -c %a:%u "$point")
    # Where a file system has no immutable folders, lsattr says nothing.
    case $(lsattr -d "$point" 2>/dev/null || true) in ''|????i*) ;; *) state=mutable;; esac
  fi
  printf '%s %s\n' "$(basename "$folder")" "$state"
done
