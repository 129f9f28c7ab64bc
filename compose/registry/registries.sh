#!/bin/bash
# Three processes on one storage: what anybody may read nobody can write, and what is written with a
# credential nobody can read without one. Where one ends all do, and the engine starts them anew.
set -u
serve() { # serve NUMBER CONFIGURATION [OPTION…]
  setpriv --reuid "$1" --regid "$1" --clear-groups "${@:3}" \
    docker-registry serve "/etc/docker/registry/$2" &
}

trap 'kill $(jobs -p); wait; exit 0' TERM
# Its port is below 1024, where nobody else can wait for the password.
serve 5000 write.yml --inh-caps +net_bind_service --ambient-caps +net_bind_service
serve 5001 read.yml
# The hub is root, and has none of its rights: others may write, which for a socket is to connect.
umask 0
REGISTRY_HTTP_NET=unix REGISTRY_HTTP_ADDR=/run/registry/socket serve 5001 read.yml
wait -n
exit 1
