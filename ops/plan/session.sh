# shellcheck shell=bash
# What every session has; `nonce` marks the lines that are ours, which no command can forge.

export LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive BUILDKIT_PROGRESS=plain
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
umask 022
cd / || exit

mark() { printf '\n#%s %s\n' "${nonce:?}" "$*"; }

# Answer a question; the status that it ends with and its last word on errors follow its answer.
ask() {
  local script=$1 said status
  shift
  exec 3>&1
  said=$(set -euo pipefail; eval "$script" 2>&1 >&3 3>&- </dev/null)
  status=$?
  said=${said//$'\r'/}
  mark answered "$status" "${said##*$'\n'}"
}

# Print whose change was the last under a lock; it ends in "changing" until that one is finished.
turn() { [ ! -e "$1" ] || sed -n 2p "$1"; }
