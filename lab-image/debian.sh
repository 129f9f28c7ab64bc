#!/bin/sh
# debian.sh LIST…: install the Debian packages that lists name; nothing where they name none.
# What people edit stands in /run/lists: a name there that Debian does not have is one sentence.
set -eu
names=$(sed 's/#.*//' "$@")
case $names in *[![:space:]]*) ;; *) exit 0 ;; esac
# Else a mirror that is away is only a warning, and then no package has a name.
apt-get update --option APT::Update::Error-Mode=any || {
  echo "BUILD: Debian's packages cannot be fetched by the host (see above)" >&2
  exit 1
}
# shellcheck disable=SC2086  # each word is a name
if ! DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $names \
    2>/run/apt.errors; then
  cat /run/apt.errors >&2
  unknown=$(sed -n -E "s/^E: Unable to locate package (.*)/\1/p
    s/^E: Package '([^']*)' has no installation candidate.*/\1/p
    s/^E: Version '[^']*' for '([^']*)' was not found.*/\1/p" /run/apt.errors | paste -sd ' ' -)
  [ -z "$unknown" ] ||
    echo "BUILD: Debian has no package $unknown here: correct $(echo "$@" | sed 's,/run/lists/,,g')" >&2
  exit 1
fi
rm -rf /run/apt.errors /var/lib/apt/lists/* /var/cache/apt/* /var/cache/debconf/*-old \
  /var/log/*.log /var/log/apt/* /var/lib/dpkg/*-old
