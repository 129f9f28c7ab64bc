#!/bin/bash
# The base image of the sandbox, kept in the engine: Debian 13 with this machine's own CAs.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
# shellcheck source=sandbox/lib.sh
. "$here/lib.sh"

origin=debian:trixie-slim
image=labhub-sandbox-base:trixie
certificates=/usr/local/share/ca-certificates

context() { # the build's context: a Dockerfile and the machine's own certificates, if any
  local folder=$1
  mkdir -p "$folder/certificates"
  find "$certificates" -name '*.crt' -exec cp -L {} "$folder/certificates/" \; 2>/dev/null || true
  cat >"$folder/Dockerfile" <<END
FROM $origin
COPY certificates/ $certificates/
RUN command -v update-ca-certificates >/dev/null || \\
      { apt-get -qq update && apt-get -qq install --no-install-recommends --yes ca-certificates \\
        && rm -rf /var/lib/apt/lists/*; } ; \\
    update-ca-certificates
END
}

bootstrap() {
  # As root in mounts of its own: it would make all those of this machine private.
  local apart=()
  [ "$(id -u)" != 0 ] || apart=(unshare --mount)
  "${apart[@]}" mmdebstrap --quiet --variant=minbase --include=ca-certificates trixie - |
    docker import - "$origin"
}

make_image() {
  docker build --quiet --tag "$image" --label "labhub.inputs=$inputs" --label labhub.sandbox=base \
    - <"$work/context.tar" || return
  # The name was not here before: only what stands on it stays.
  if [ "$borrowed" = no ]; then docker image rm "$origin"; fi
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
context "$work/context"
tar -C "$work/context" --sort=name --mtime=@0 --owner=0 --group=0 -cf "$work/context.tar" .
inputs=$(sha256sum <"$work/context.tar" | cut -c1-12)

has=$(docker image inspect --format '{{index .Config.Labels "labhub.inputs"}}' "$image" \
  2>/dev/null || true)
if [ "$has" = "$inputs" ]; then exit; fi

borrowed=no
if docker image inspect "$origin" >/dev/null 2>&1; then
  borrowed=yes
elif ! docker pull --quiet "$origin" >/dev/null 2>&1; then
  need "A base image that cannot be pulled" mmdebstrap:mmdebstrap \
    /usr/share/keyrings/debian-archive-keyring.gpg:debian-archive-keyring
  step "Making the base image from Debian's packages (no registry answers)" bootstrap
fi
step "Building the base image" make_image
