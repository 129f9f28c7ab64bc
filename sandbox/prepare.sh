#!/bin/bash
# What a sandbox stands on: tools, an engine, the base image. Prints the engine's address.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
# shellcheck source=sandbox/lib.sh
. "$here/lib.sh"

need "Working on a host over SSH" ssh:openssh-client rsync:rsync git:git
DOCKER_HOST=$("$here/engine.sh" up)
export DOCKER_HOST
"$here/base.sh" >&2
echo "$DOCKER_HOST"
