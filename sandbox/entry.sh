#!/bin/bash
# Process 1 of the sandbox: prepare what a container lacks and a server has, then become systemd.
set -eu

# Docker's rslave and rshared bind mounts, which labs use, need a shared root.
mount --make-rshared /
mount -o remount,rw /sys 2>/dev/null || true

arguments=()
if [ "$(stat -fc %T /sys/fs/cgroup)" = cgroup2fs ]; then
  mount -o remount,bind,rw /sys/fs/cgroup 2>/dev/null || true
else
  # cgroup v1: its hierarchies arrive read-only, and systemd 257 wants to be told that they are meant.
  for hierarchy in /sys/fs/cgroup/*/; do
    if mountpoint -q "$hierarchy"; then mount -o remount,bind,rw "$hierarchy"; fi
  done
  arguments=(SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1 systemd.unified_cgroup_hierarchy=0)
fi
exec /lib/systemd/systemd "${arguments[@]}"
