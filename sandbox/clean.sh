#!/bin/bash
# Take away what `make demo` and `make test` made for this clone, and nothing else.
#   clean.sh sandboxes  the sandbox hosts, their volumes and images, .env.<sandbox>, .sandbox
#   clean.sh engine     the base image and our own engine, unless another clone's sandboxes use it
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
# shellcheck source=sandbox/lib.sh
. "$here/lib.sh"
clone=$(dirname "$here")
cd "$clone"

# The label holds the clone's path: other clones and everything else on the engine stay.
mine=(--filter "label=labhub.sandbox=$clone")

remove_from_engine() {
  docker ps --all --quiet "${mine[@]}" | xargs -r docker rm --force --volumes
  docker volume ls --quiet "${mine[@]}" | xargs -r docker volume rm --force
  remove_images "label=labhub.sandbox=$clone"
}

# By name, then what earlier recipes left behind: another clone's image may stand on either.
remove_images() {
  docker images --filter "$1" --filter dangling=false --format '{{.Repository}}:{{.Tag}}' |
    xargs -r docker image rm
  docker image prune --force --filter "$1"
}

made_on_engine() {
  docker ps --all --quiet "${mine[@]}"
  docker volume ls --quiet "${mine[@]}"
  docker images --quiet "${mine[@]}"
}

sandboxes() {
  if DOCKER_HOST=$("$here/engine.sh" host) && export DOCKER_HOST && [ -n "$(made_on_engine)" ]; then
    step "Removing the sandbox hosts" remove_from_engine
  fi
  local state
  for state in .sandbox/*/ssh_config; do
    [ -e "$state" ] || continue
    rm -f ".env.$(basename "$(dirname "$state")")"
  done
  rm -rf .sandbox
}

# Each is an assignment of its own: where the question fails, so does the script, and nothing goes.
engine() {
  local of_engine='' of_data others
  if DOCKER_HOST=$("$here/engine.sh" host); then
    export DOCKER_HOST
    of_engine=$(docker ps --all --filter label=labhub.sandbox --format '{{.Label "labhub.sandbox"}}')
  fi
  # Ours may be off, as after a reboot.
  of_data=$("$here/engine.sh" clones)
  others=$(printf '%s\n' "$of_engine" "$of_data" | grep -vxF -e "$clone" -e '' || true)
  if [ -n "$others" ]; then
    say "The engine and the base image stay: another clone has a sandbox on them."
    return
  fi
  if [ -n "$DOCKER_HOST" ]; then remove_images label=labhub.sandbox=base >/dev/null; fi
  "$here/engine.sh" down
}

case ${1:-} in
  sandboxes) sandboxes ;;
  engine) engine ;;
  *) fail "usage: clean.sh sandboxes | engine" ;;
esac
