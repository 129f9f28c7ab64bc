#!/bin/bash
# A Docker engine for the sandbox: the one that runs already, else one of our own.
#   engine.sh up    find or start an engine; print its address (for DOCKER_HOST)
#   engine.sh host  print the address of the engine that answers now; exit 1 where none does
#   engine.sh stop  stop the engine that `up` started; its images stay for the next time
#   engine.sh down  stop it and remove its data
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
    tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -qF -- "--pidfile $pidfile "
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

answers_or_died() { answers "$own" || ! is_ours; }

start_engine() {
  mkdir -p "$cache" && as_root mkdir -p "$run" || return
  local bridge
  bridge=$(as_root "$here/network.sh" prepare "$run") || return
  # An empty configuration: the one in /etc/docker belongs to another engine.
  echo '{}' | as_root tee "$run/daemon.json" >/dev/null
  as_root rm -f "$pidfile"
  # In a session of its own: Ctrl-C in this terminal is not meant for it.
  as_root setsid --fork dockerd --config-file "$run/daemon.json" --log-level warn \
    --group "$(id -g)" --bridge "$bridge" --data-root "$cache/docker" --exec-root "$run/exec" \
    --pidfile "$pidfile" --host "$own" >"$cache/dockerd.log" 2>&1
  await 2 is_ours
  await 60 answers_or_died
  if ! answers "$own"; then
    cat "$cache/dockerd.log"
    return 1
  fi
}

up() {
  if find_engine; then return; fi
  refuse_a_closed_engine
  need "The sandbox" dockerd:docker.io
  # Debian 12's docker.io brings the command along, Debian 13's does not.
  need "The sandbox" docker:docker-cli ip:iproute2
  # Where systemd runs, the package has started an engine of the system: then that one serves.
  if [ -d /run/systemd/system ] && await 5 find_engine; then return; fi
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
  if ! await 90 test ! -e "/proc/$pid"; then
    echo "dockerd (process $pid) did not end within 90 s"
    return 1
  fi
  as_root "$here/network.sh" restore "$run" || return
  as_root rm -rf "$run"
}

stop() {
  if is_ours; then step "Stopping the Docker engine" stop_engine; fi
}

down() {
  stop
  if [ -e "$cache" ]; then step "Removing the engine's data" as_root rm -rf --one-file-system "$cache"; fi
}

case ${1:-} in
  up) up ;;
  host) find_engine ;;
  stop) stop ;;
  down) down ;;
  *) fail "usage: engine.sh up | host | stop | down" ;;
esac
