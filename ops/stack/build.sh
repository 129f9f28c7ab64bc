# shellcheck shell=bash
# Build those of these images that are not there.
# An image's tag says what it is made of: one that is there is right, as after going back.
cd "$1" || exit
settings=$2; shift 2
missing=()
for image; do
  docker image inspect "labhub-$image" >/dev/null 2>&1 || missing+=("${image%%:*}")
done
[ ${#missing[@]} = 0 ] || docker compose --env-file "$settings" build --quiet "${missing[@]}"
