# shellcheck shell=bash
# Name the mounts below a folder that are to be made anew: by a note, or because they are stale.
#
# What a share was mounted from may have been replaced on the file server; only mounting it anew
# helps. A kernel calls it stale or, at a place where something is mounted, not there. All are asked
# at once, and a silent file server is not waited for.
mounts=$1 notes=$2
if [ -d "$notes" ]; then ls "$notes"; fi
for folder in "$mounts"/*/; do
  point=${folder}share
  grep -qE " $point .* - cifs " /proc/self/mountinfo || continue
  {
    said=$(timeout -k 1 3 stat "$point/" 2>&1) || true
    case $said in *Stale*|*'No such file'*) basename "$folder";; esac
  } &
done
wait
