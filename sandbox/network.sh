#!/bin/bash
# The bridge of an engine of ours, and the packet filter rules that it leaves behind when it ends.
#   network.sh prepare DIR   before the engine starts (as root); prints the bridge's name
#   network.sh restore DIR   after it ended (as root)
set -euo pipefail
PATH=$PATH:/usr/sbin:/sbin
dir=$2
# Not docker0: two engines that share it give two containers one address, and connections to the
# one end at the other. DIR ends with six hex digits, which also choose the bridge's network.
bridge=$(basename "$dir")
network=198.18.$((16#${bridge: -2}))

# What is set for all engines is not ours to take back while there is another, ours or not.
has_another_engine() { ip -brief link show type bridge | grep -qE '^(docker0|labhub-)'; }

prepare() {
  has_another_engine || cat /proc/sys/net/ipv4/ip_forward >"$dir/ip_forward"
  ip link show "$bridge" >/dev/null 2>&1 || ip link add name "$bridge" type bridge
  ip address replace "$network.1/24" dev "$bridge"
  ip link set "$bridge" up
  echo "$bridge"
}

drop_rules() { # drop_rules PATTERN
  local tables
  for tables in iptables ip6tables; do
    command -v "$tables-save" >/dev/null || continue
    "$tables-save" | sed "/$1/d" | "$tables-restore"
  done
}

restore() {
  ip link delete "$bridge" 2>/dev/null || true
  drop_rules "$bridge"
  if [ ! -e "$dir/ip_forward" ] || has_another_engine; then return; fi
  drop_rules DOCKER
  if [ "$(cat "$dir/ip_forward")" = 0 ]; then
    # The engine drops forwarded packets by default where it switched forwarding on itself.
    iptables --policy FORWARD ACCEPT
    echo 0 >/proc/sys/net/ipv4/ip_forward
  fi
}

"$1"
