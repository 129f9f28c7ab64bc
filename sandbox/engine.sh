#!/bin/bash
# A Docker engine for the sandbox: the one that runs already, else one of our own.
#   engine.sh up    find or start an engine; print its address (for DOCKER_HOST)
#   engine.sh host  print the address of the engine that answers now; exit 1 where none does
#   engine.sh stop  stop the engine that `up` started, unless another clone has sandboxes on it, or has
#                   just asked for it; its images stay for the next time
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

# Whoever starts or ends it does so alone: one that is started while another ends loses its socket to
# the clearing up, and holds its data from then on without answering anybody.
lock() {
  local file=$cache/engine.lock
  until [ "$file" -ef "/proc/$$/fd/9" ]; do # `down` takes the file away
    if ! { mkdir -p "$cache" && : >>"$file"; }; then fail "$cache cannot be written."; fi
    exec 9>>"$file"
    flock --nonblock 9 || { say "Another clone starts or stops the Docker engine …" && flock 9; }
  done
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

# The process of ours, from its first moment on: before it has written its pidfile. One in a container
# is of another machine, and has more than one number.
process() {
  local lines=(/proc/[0-9]*/cmdline) line status
  local ours=$'^Name:\t(dockerd|setsid)\n' alone=$'\nNSpid:\t([0-9]+)\n'
  # By standard input, or the line of grep itself would be found.
  grep --files-with-matches --no-messages --null-data --line-regexp --fixed-strings --file=- \
    "${lines[@]}" <<<"$pidfile" | while read -r line; do
    status=$(cat "${line%cmdline}status" 2>/dev/null) || continue
    if [[ $status =~ $ours && $status =~ $alone ]]; then
      echo "${BASH_REMATCH[1]}"
    fi
  done || true
}

runs() { [ -n "$(process)" ]; }

answers_or_died() { answers "$own" || ! runs; }

start_engine() {
  # One that does not answer has lost its socket, and holds the data.
  if runs; then end_engine || return; fi
  as_root mkdir -p "$run" || return
  local bridge
  bridge=$(as_root "$here/network.sh" prepare "$run") || return
  # An empty configuration: the one in /etc/docker belongs to another engine.
  echo '{}' | as_root tee "$run/daemon.json" >/dev/null
  as_root rm -f "$pidfile"
  # In a session of its own: Ctrl-C in this terminal is not meant for it.
  as_root setsid --fork dockerd --config-file "$run/daemon.json" --log-level warn \
    --group "$(id -g)" --bridge "$bridge" --iptables=false --ip6tables=false \
    --data-root "$cache/docker" --exec-root "$run/exec" \
    --pidfile "$pidfile" --host "$own" >"$cache/dockerd.log" 2>&1 9>&-
  await 300 answers_or_died
  if ! answers "$own"; then
    cat "$cache/dockerd.log"
    if ! runs; then clear_up; fi
    return 1
  fi
}

clear_up() {
  local point
  # A container that was killed with its engine has left the mount of its network.
  while read -r _ point _; do
    case $point in "$run"/*) as_root umount "$point" ;; esac
  done < <(sort -r /proc/self/mounts)
  as_root "$here/network.sh" remove "$run" && as_root rm -rf "$run"
}

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

has_ended() { ! runs; }

end_engine() {
  process | as_root xargs kill
  # It stops its containers and ends its own containerd first.
  if ! await 300 has_ended; then
    echo "dockerd (process $(process)) did not end within 300 s"
    return 1
  fi
}

stop_engine() { end_engine && clear_up; }

# Each sandbox has a volume from its beginning to its end; a clone that was removed needs none.
serves_another_clone() {
  local clone
  while read -r clone; do
    if [ "$clone" != "$(dirname "$here")" ] && [ -d "$clone" ]; then return; fi
  done <<<"$1"
  return 1
}

# Who has asked for the engine a moment ago is about to make its first sandbox there. A line each: when,
# and the clone.
asked=$cache/engine.asked
note_asked() { # note_asked [LINE]: the line instead of the one of this clone
  local others
  others=$(others)
  printf '%s\n' ${others:+"$others"} "$@" >"$asked"
}
others() {
  [ ! -e "$asked" ] || awk -v own="$(dirname "$here")" \
    '{ clone = $0; sub(/^[0-9]* /, "", clone) } NF && clone != own' "$asked"
}
is_asked_for_by_another() {
  local when clone
  while read -r when clone; do
    if [ -d "$clone" ] && [ "$((when + 600))" -gt "$(date +%s)" ]; then return; fi
  done < <(others)
  return 1
}

stop() {
  if [ ! -e "$run" ]; then return; fi
  note_asked
  if answers "$own" && is_asked_for_by_another; then
    say "The Docker engine goes on: another clone has just asked for it."
    return
  fi
  local served
  if answers "$own" && {
    # Where that cannot be said, somebody may have one.
    ! served=$(docker --host "$own" volume ls --filter label=labhub.sandbox \
      --format '{{.Label "labhub.sandbox"}}') || serves_another_clone "$served"
  }; then
    say "The Docker engine goes on: another clone has a sandbox on it."
    return
  fi
  ask_password
  # One that was killed has left containers and mounts: one that starts takes them over.
  if ! runs; then
    step "Starting the Docker engine that was killed, to end it properly" start_engine
  fi
  step "Stopping the Docker engine" stop_engine
}

remove_data() {
  # An engine mounts its data onto itself; one that was killed could not undo it.
  if mountpoint --quiet "$cache/docker"; then as_root umount "$cache/docker" || return; fi
  as_root rm -rf --one-file-system "$cache/docker" || return
  # What a lab's own tasks keep stays: mirrors of repositories, outputs of builds.
  rm -rf "$cache/vm" "$cache/vm.lock" "$cache/dockerd.log" "$cache/engine.lock" "$asked"
  rmdir --ignore-fail-on-non-empty "$cache"
}

down() {
  stop
  if runs; then return; fi
  ask_password
  step "Removing the engine's data" remove_data
}

clones() {
  if answers "$own"; then
    docker --host "$own" ps --all --filter label=labhub.sandbox \
      --format '{{.Label "labhub.sandbox"}}'
  elif [ -e "$cache/docker" ] && as_root test -d "$cache/docker/containers"; then
    # Status 1 is that there are none; any other one means that nobody knows.
    as_root grep --recursive --no-filename --only-matching --perl-regexp \
      --include=config.v2.json '"labhub\.sandbox":"\K[^"]*' "$cache/docker/containers" || [ $? = 1 ]
  fi
}

case ${1:-} in
  up)
    if system=$(find_engine) && [ "$system" != "$own" ]; then
      echo "$system"
      exit
    fi
    lock
    note_asked "$(date +%s) $(dirname "$here")"
    up
    ;;
  host) find_engine ;;
  stop)
    lock
    stop
    ;;
  down)
    # Where an engine of the system serves, there is nothing of ours.
    if [ -e "$run" ] || [ -e "$cache/docker" ] || [ -e "$cache/vm" ]; then
      lock
      down
    fi
    ;;
  clones) clones ;;
  *) fail "usage: engine.sh up | host | stop | down | clones" ;;
esac
