# shellcheck shell=bash
# Make the base of all images, or that of labs, whole or not at all.
#
# A closed network pulls nothing: the same root file system then comes from Debian's packages, whole
# or not at all, and under no name but ours; what has Debian's name already may be half of Debian.
# The host's own certificate authorities go into the base, so that builds behind a TLS proxy work.
base=$1 name=$2 certificates=$3; shift 3
labels=("${@/#/--label=}")
is_whole() {
  docker run --rm --pull never --network none --entrypoint /bin/sh "$base" \
    -c 'dpkg --status base-files' >/dev/null 2>&1
}
mkdir -p "$certificates"
if is_whole || { docker pull --quiet "$base" && is_whole; }; then
  docker buildx build --load --tag "$name" "${labels[@]}" --file - \
    "$certificates" <<END
FROM $base
COPY . $certificates/
RUN update-ca-certificates 2>/dev/null || true
END
  exit
fi
case $base in
  debian:trixie-slim | debian:bookworm-slim) suite=${base#debian:} suite=${suite%-slim} ;;
  *) echo "$base can neither be pulled nor made here, or it has no /bin/sh and dpkg, as Debian has"
    exit 1 ;;
esac
command -v mmdebstrap >/dev/null || {
  apt-get -qq -o DPkg::Lock::Timeout=300 update
  apt-get -qq -o DPkg::Lock::Timeout=300 install --no-install-recommends -y \
    mmdebstrap debian-archive-keyring; }
# Others may look: apt fetches as a user of its own.
work=$(mktemp -d -t labhub-base.XXXXXX)
trap 'rm -rf --one-file-system "$work"' EXIT
chmod 0755 "$work"
# shellcheck disable=SC2016  # mmdebstrap's own shell expands it
# As in Debian's own images, dpkg waits for no disk: what breaks off is thrown away.
# In mounts of its own: it makes all mounts private, and then no container may bind as rslave.
TMPDIR=$work unshare --mount mmdebstrap --quiet --mode=root --variant=minbase \
  --dpkgopt=force-unsafe-io \
  --include=ca-certificates \
  --customize-hook="cp -R '$certificates/.' \"\$1$certificates/\"" \
  --customize-hook='chroot "$1" update-ca-certificates 2>/dev/null || true' \
  "$suite" "$work/root.tar" || {
  echo "$base can neither be pulled nor made of Debian's packages: see above; nothing was made"
  exit 1; }
docker import "${labels[@]/#--label=/--change=LABEL }" "$work/root.tar" "$name"
