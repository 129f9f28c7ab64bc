# shellcheck shell=sh
if [ "$(id -u)" = 0 ]; then set -- "$1" bash
elif command -v sudo >/dev/null; then set -- "$1" sudo -S -k -p '#PASSWORD' -- bash
else echo 'sudo: not installed'; exit 1; fi
wait_for_script=$1
shift
exec env LC_ALL=C "$@" -c "$wait_for_script"
