#!/bin/sh
# Copy the volume of a frozen host's engine for a new host; run in a container that sees both.
#   thaw.sh SOURCE TARGET   the folders, on one file system
# What is written once and never again the copies share, file by file, which takes a second instead of
# twenty: the layers of images, what builds have committed, the wheels that uv has unpacked, and the
# blobs of a registry. All else is copied, with the attributes by which overlay2 marks its layers.
set -eu
cd "$1"
target=$2 shared=$(mktemp)

{
  # One name in each file, without an end of line.
  find image/overlay2/layerdb/sha256 -name cache-id -exec awk '{ print "overlay2/" $0 }' {} +
  find overlay2 -mindepth 2 -maxdepth 2 -name committed -printf '%h\n'
  for once in overlay2/*/diff/archive-v0 volumes/*/_data/docker/registry/v2/blobs; do
    [ ! -d "$once" ] || echo "$once"
  done
} | sort -u >"$shared"

tar -c --xattrs --xattrs-include='*' --anchored --no-wildcards --exclude-from="$shared" -- * |
  tar -x --xattrs --xattrs-include='*' -C "$target"
xargs -r cp -al --parents -t "$target" <"$shared"
