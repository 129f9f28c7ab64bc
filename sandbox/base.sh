#!/bin/bash
# The base image of the sandbox, kept in the engine: Debian 13 with this machine's own CAs.
# It gets its name when it is whole, and never another's: debian:trixie-slim is Debian's.
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

# What has Debian's name may be empty, or half of Debian: what a pipe that broke has left.
is_whole() {
  docker run --rm --pull never --network none --entrypoint /bin/sh "$origin" \
    -c 'dpkg --status base-files' >/dev/null 2>&1
}

# As root: a user namespace needs uidmap and an entry of the person's in /etc/subuid, and some
# kernels, AppArmor or a container forbid it; who brings packages and an engine here has sudo.
# In mounts of its own: it would make all those of this machine private.
bootstrap() {
  local proxies
  mapfile -t proxies < <(env | grep -iE '^(https?|no)_proxy=')
  as_root env "${proxies[@]}" TMPDIR="$work" CERTIFICATES="$work/context/certificates" \
    unshare --mount mmdebstrap --quiet --mode=root --variant=minbase --include=ca-certificates \
    --dpkgopt=force-unsafe-io \
    --customize-hook="cp -R \"\$CERTIFICATES/.\" \"\$1$certificates/\"" \
    --customize-hook="chroot \"\$1\" update-ca-certificates" trixie - >"$work/root.tar" || {
    echo "Debian's packages could not be fetched and unpacked, and nothing was made of them:"
    echo "mend what is said above, then repeat this command."
    return 1
  }
  docker import --change "LABEL labhub.inputs=$inputs labhub.sandbox=base" \
    "$work/root.tar" "$image"
}

make_image() {
  docker build --quiet --force-rm --tag "$image" --label "labhub.inputs=$inputs" \
    --label labhub.sandbox=base - <"$work/context.tar"
}

make_image_of_pulled() { # the name was not here before: only what stands on it stays
  make_image && docker image rm "$origin"
}

clear_up() { # what root has not taken away itself, having been interrupted
  rm -rf --one-file-system "$work" 2>/dev/null || as_root rm -rf --one-file-system "$work"
}

# Others may look: apt fetches as a user of its own.
work=$(mktemp -d -t labhub-base.XXXXXX)
chmod 0755 "$work"
trap clear_up EXIT
context "$work/context"
tar -C "$work/context" --sort=name --mtime=@0 --owner=0 --group=0 --mode=a+rX \
  -cf "$work/context.tar" .
inputs=$(sha256sum <"$work/context.tar" | cut -c1-12)

has=$(docker image inspect --format '{{index .Config.Labels "labhub.inputs"}}' "$image" \
  2>/dev/null || true)
if [ "$has" = "$inputs" ]; then exit; fi

if is_whole; then
  step "Building the base image" make_image
  exit
fi
if docker pull --quiet "$origin" >/dev/null 2>&1; then
  step "Building the base image" make_image_of_pulled
  exit
fi
if docker image inspect "$origin" >/dev/null 2>&1; then
  say "The image $origin here is passed over: it is not Debian, or only a part of it." \
    "To be rid of it: docker image rm $origin"
fi
need "A base image that cannot be pulled" mmdebstrap:mmdebstrap \
  /usr/share/keyrings/debian-archive-keyring.gpg:debian-archive-keyring
consent "No registry answers; the base image is made from Debian's packages, as root." \
  "sudo mmdebstrap --variant=minbase trixie"
step "Making the base image from Debian's packages (no registry answers)" bootstrap
