# shellcheck shell=bash
# Describe those of these containers and images that there are; where no engine runs, there are none.
command -v docker >/dev/null || exit 0
# One that starts, or does not answer, is asked: it says by itself what is wrong.
case $(systemctl is-active docker || true) in inactive|failed) exit 0;; esac
exec 4>&1
errors=$(docker inspect "$@" 2>&1 >&4 4>&-) ||
  ! grep -viE 'no such object|^warning|^$' <<<"$errors" >&2
