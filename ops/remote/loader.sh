# shellcheck shell=sh
if [ "$(id -u)" = 0 ]; then set -- bash
elif command -v sudo >/dev/null; then set -- sudo -S -k -p '#PASSWORD' -- bash
else echo 'sudo: not installed'; exit 1; fi
# shellcheck disable=SC2016  # the bash that waits for the script expands them
exec env LC_ALL=C "$@" -c 'echo "#READY"
while IFS= read -r line; do [ "$line" = "#BEGIN" ] && exec bash -s; done; exit 1'
