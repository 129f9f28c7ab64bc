#!/bin/bash
# A Docker engine for the sandbox: the one that runs already, else one of our own.
#   engine.sh up    find or start an engine; print its address (for DOCKER_HOST)
#   engine.sh host  print the address of the engine that answers now; exit 1 where none does
#   engine.sh stop  stop the engine that `up` started; its images stay for the next time
#   engine.sh down  stop it and remove its data
#   engine.sh clones  print the clones that have sandboxes in that data, whether it runs or not
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
# shellcheck source=sandbox/lib.sh
. "$here/lib.sh"
export PATH=$PATH:/usr/sbin:/sbin

cache=${XDG_CACHE_HOME:-$HOME/.cache}/labhub
# A socket's path holds at most 107 characters, whatever the length of the home's: so /run.
# Its content is gone after a reboot, as the engine is.
run=/run/labhub-$(printf '%s' "$cache" | sha256sum | cut -c1-6)
own=unix://$run/docker.sock
pidfile=$run/dockerd.pid

answers() { docker --host "$1" version --format '{{.Server.Version}}' >/dev/null 2>&1; }

# The context's address: the Docker SDK for Python knows DOCKER_HOST, but no contexts.
users_own() { docker context inspect --format '{{.Endpoints.docker.Host}}' 2>/dev/null; }

find_engine() {
  command -v docker >/dev/null || return 1
  local host
  for host in "$own" "$(users_own)" unix:///var/run/docker.sock; do
    if [ -n "$host" ] && answers "$host"; then
      echo "$host"
      return
    fi
  done
  return 1
}

is_ours() { # a process id may have been given to another program since
  local pid
  pid=$(cat "$pidfile" 2>/dev/null) && [ -n "$pid" ] &&
    tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | grep -qF -- "--pidfile $pidfile "
}

refuse_a_closed_engine() {
  if command -v docker >/dev/null && docker version 2>&1 | grep -q 'permission denied'; then
    fail "A Docker engine runs here, but ${USER:-you} may not use it: run" \
      "\`sudo usermod -aG docker ${USER:-NAME}\`, log in again, then repeat this command."
  fi
}

await() { # await SECONDS COMMAND…
  local left=$(($1 * 5))
  shift
  until "$@"; do
    left=$((left - 1))
    if [ $left -le 0 ]; then return 1; fi
    sleep 0.2
  done
}

# From its first moment on, before it has written its pidfile.
runs() {
  local lines=(/proc/[0-9]*/cmdline)
  # By standard input, or the line of grep itself would be found.
  grep --quiet --no-messages --text --fixed-strings --file=- "${lines[@]}" <<<"$pidfile"
}

answers_or_died() { answers "$own" || ! runs; }

start_engine() {
  mkdir -p "$cache" && as_root mkdir -p "$run" || return
  local bridge
  bridge=$(as_root "$here/network.sh" prepare "$run") || return
  # An empty configuration: the one in /etc/docker belongs to another engine.
  echo '{}' | as_root tee "$run/daemon.json" >/dev/null
  as_root rm -f "$pidfile"
  # In a session of its own: Ctrl-C in this terminal is not meant for it.
  as_root setsid --fork dockerd --config-file "$run/daemon.json" --log-level warn \
    --group "$(id -g)" --bridge "$bridge" --iptables=false --ip6tables=false \
    --data-root "$cache/docker" --exec-root "$run/exec" \
    --pidfile "$pidfile" --host "$own" >"$cache/dockerd.log" 2>&1
  await 300 answers_or_died
  if ! answers "$own"; then
    cat "$cache/dockerd.log"
    if ! runs; then clear_up; fi
    return 1
  fi
}

clear_up() { as_root "$here/network.sh" remove "$run" && as_root rm -rf "$run"; }

# Where systemd runs, the package has started an engine of the system, or is about to.
is_settled() { [ "$(systemctl is-active docker.service 2>/dev/null)" != activating ]; }

up() {
  if find_engine; then return; fi
  refuse_a_closed_engine
  need "The sandbox" dockerd:docker.io
  # Debian 12's docker.io brings the command along, Debian 13's does not.
  need "The sandbox" docker:docker-cli ip:iproute2 iptables:iptables
  if [ -d /run/systemd/system ] && await 300 is_settled && find_engine; then return; fi
  refuse_a_closed_engine
  consent "No Docker engine runs here; one is started for the sandbox." "sudo service docker start"
  step "Starting a Docker engine" start_engine
  echo "$own"
}

stop_engine() {
  local pid
  pid=$(cat "$pidfile")
  as_root kill "$pid"
  # It stops its containers and ends its own containerd first.
  if ! await 300 test ! -e "/proc/$pid"; then
    echo "dockerd (process $pid) did not end within 300 s"
    return 1
  fi
  clear_up
}

stop() {
  if [ ! -e "$run" ]; then return; fi
  ask_password
  # One that was killed has left containers and mounts: one that starts takes them over.
  if ! is_ours; then
    step "Starting the Docker engine that was killed, to end it properly" start_engine
  fi
  step "Stopping the Docker engine" stop_engine
}

remove_data() {
  # An engine mounts its data onto itself; one that was killed could not undo it.
  if mountpoint --quiet "$cache/docker"; then as_root umount "$cache/docker" || return; fi
  as_root rm -rf --one-file-system "$cache"
}

down() {
  stop
  if [ ! -e "$cache" ]; then return; fi
  ask_password
  step "Removing the engine's data" remove_data
}

clones() {
  if is_ours; then
    docker --host "$own" ps --all --filter label=labhub.sandbox \
      --format '{{.Label "labhub.sandbox"}}'
  elif [ -e "$cache/docker" ] && as_root test -d "$cache/docker/containers"; then
    # Status 1 is that there are none; any other one means that nobody knows.
    as_root grep --recursive --no-filename --only-matching --perl-regexp \
      --include=config.v2.json '"labhub\.sandbox":"\K[^"]*' "$cache/docker/containers" || [ $? = 1 ]
  fi
}

case ${1:-} in
  up) up ;;
  host) find_engine ;;
  stop) stop ;;
  down) down ;;
  clones) clones ;;
  *) fail "usage: engine.sh up | host | stop | down | clones" ;;
esac
