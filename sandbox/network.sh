#!/bin/bash
# An engine leaves its bridge and its packet filter rules behind when it ends: take them back.
#   network.sh remember DIR   before the engine starts (as root)
#   network.sh restore DIR    after it ended (as root)
set -euo pipefail
PATH=$PATH:/usr/sbin:/sbin
dir=$2

remember() {
  # Traces of another engine: then its bridge and rules are not ours to remove.
  if ip link show docker0 >/dev/null 2>&1; then return; fi
  cat /proc/sys/net/ipv4/ip_forward >"$dir/ip_forward"
}

restore() {
  if [ ! -e "$dir/ip_forward" ]; then return; fi
  local tables
  for tables in iptables ip6tables; do
    command -v "$tables-save" >/dev/null || continue
    "$tables-save" | sed '/DOCKER\|docker0/d' | "$tables-restore"
  done
  ip link delete docker0 2>/dev/null || true
  if [ "$(cat "$dir/ip_forward")" = 0 ]; then
    # The engine drops forwarded packets by default where it switched forwarding on itself.
    iptables --policy FORWARD ACCEPT
    echo 0 >/proc/sys/net/ipv4/ip_forward
  fi
}

"$1"
