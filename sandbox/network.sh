#!/bin/bash
# The network of an engine of ours: a bridge and packet filter rules that no other engine shares.
#   network.sh prepare DIR   before the engine starts (as root); prints the bridge's name
#   network.sh remove DIR    after it ended (as root)
# Two engines on docker0 give two containers one address, and the one that starts empties the chains
# (DOCKER…) of the other. So ours leaves the packet filter alone, and its rules stand in chains of
# their own, which are taken back one by one: others change theirs meanwhile.
set -euo pipefail
PATH=$PATH:/usr/sbin:/sbin
dir=$2
bridge=$(basename "$dir")
forwarding=/proc/sys/net/ipv4/ip_forward
# Here while we are who switched forwarding on: the policy for forwarded packets as it was before.
note=$dir/forward_policy

# One at a time: two engines that start at once would choose the same network.
exec 9</run
flock 9

has_another_engine() {
  ip -brief link show type bridge | grep -E '^(docker0|labhub-)' | grep -qv "^$bridge "
}

# 198.18.0.0/15 is kept for tests and no LAN uses it; the hub on a sandbox host uses 198.19.
free_network() {
  local taken number
  taken=$(ip -4 route show table all)
  for number in {0..255}; do
    if ! grep -qF " 198.18.$number." <<<" ${taken//$'\n'/ }"; then
      echo "198.18.$number"
      return
    fi
  done
  echo "198.18.0.0/16 is used up: too many engines run here" >&2
  return 1
}

switch_forwarding_on() {
  if has_another_engine; then
    # Whoever of us ends last switches it off again.
    cp /run/labhub-*/forward_policy "$dir/" 2>/dev/null || true
  elif [ "$(cat "$forwarding")" = 0 ]; then
    iptables --wait --list-rules FORWARD | sed -n 1p >"$note"
    # As Docker does it: this machine must not become a router of the networks that it is in.
    iptables --wait --policy FORWARD DROP
    echo 1 >"$forwarding"
  fi
}

switch_forwarding_back() {
  if [ -s "$note" ] && ! has_another_engine; then
    local policy
    read -ra policy <"$note"
    iptables --wait "${policy[@]}"
    echo 0 >"$forwarding"
  fi
  rm -f "$note"
}

add_rules() { # add_rules NETWORK: out to everywhere, in only with what answers
  local filter=(iptables --wait --table filter) nat=(iptables --wait --table nat)
  "${filter[@]}" --new-chain "$bridge"
  "${filter[@]}" --append "$bridge" --in-interface "$bridge" --jump ACCEPT
  "${filter[@]}" --append "$bridge" --out-interface "$bridge" \
    --match conntrack --ctstate RELATED,ESTABLISHED --jump ACCEPT
  "${filter[@]}" --append "$bridge" --out-interface "$bridge" --jump DROP
  "${filter[@]}" --insert FORWARD --jump "$bridge"
  "${nat[@]}" --new-chain "$bridge"
  "${nat[@]}" --append "$bridge" --source "$1.0/24" ! --out-interface "$bridge" --jump MASQUERADE
  "${nat[@]}" --insert POSTROUTING --jump "$bridge"
}

remove_rules() {
  local place rule
  for place in filter:FORWARD nat:POSTROUTING; do
    rule=(iptables --wait --table "${place%:*}")
    while "${rule[@]}" --delete "${place#*:}" --jump "$bridge"; do :; done
    "${rule[@]}" --flush "$bridge" || continue
    "${rule[@]}" --delete-chain "$bridge"
  done 2>/dev/null
}

remove() {
  remove_rules
  ip link delete "$bridge" 2>/dev/null || true
  switch_forwarding_back
}

prepare() {
  remove # what an engine that was killed has left
  local network
  network=$(free_network)
  switch_forwarding_on
  ip link add name "$bridge" type bridge
  ip address add "$network.1/24" dev "$bridge"
  ip link set "$bridge" up
  add_rules "$network"
  echo "$bridge"
}

"$1"
