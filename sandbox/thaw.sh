#!/bin/sh
# Copy the volume of a frozen host's engine for a new host; run in a container that sees both.
#   thaw.sh SOURCE TARGET   the folders, on one file system
# The layers of images, and what builds have made and committed, never change, so the copies share their
# files: that takes a second instead of ten. What containers and caches write, and all that the engine
# keeps beside, is copied.
set -eu
cd "$1"
target=$2

find . -mindepth 1 -maxdepth 1 ! -name overlay2 -exec cp -a -t "$target/" {} +
[ -d overlay2 ] || exit 0

# One name in each file, without an end of line.
images=$(find image/overlay2/layerdb/sha256 -name cache-id -exec cat {} \; -exec echo \;)
mkdir -m 710 "$target/overlay2"
for layer in overlay2/*; do
  if [ -e "$layer/committed" ] || printf '%s\n' "$images" | grep -qxF "${layer#overlay2/}"; then
    cp -al "$layer" "$target/overlay2/"
  else
    cp -a "$layer" "$target/overlay2/"
  fi
done
