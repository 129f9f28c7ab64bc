# shellcheck shell=bash
# Try what a member of a group can do with a mount: a line KEY=VALUE for each trial.
#
# What is tried is tried as a member of the group, or, where there is none yet, as nobody with the
# group's number. Whatever fails is what this was to find out.
set +euo pipefail
point=$1 group=$2 unit=$3 depth=$4 prefix=$5
since=$(date +%s)
say() { printf '%s=%s\n' "$1" "$(printf %s "$2" | tr '\n' ' ')"; }
fs=$(timeout -k 5 40 stat -f -c '%T %a %b %S' "$point/" 2>&1)
if [[ $fs != smb* && $fs != cifs* ]]; then
  [[ $fs = stat:* ]] || fs='nothing is mounted there'
  say failed "$fs"
  journalctl --quiet --output cat --since "@$since" --unit "$unit" | grep -a 'mount error\|resolve'
  journalctl --quiet --output cat --since "@$since" --dmesg | grep -a CIFS
  exit 0
fi
say space "${fs#* }"
member=$(getent group "$group" | cut -d: -f4 | tr , '\n' | grep -m1 "^$prefix")
if [ -n "$member" ]; then
  as=(setpriv --reuid "$member" --regid "$(id -g "$member")" --init-groups --)
else
  as=(setpriv --reuid 65534 --regid "$(getent group "$group" | cut -d: -f3)" --clear-groups --)
fi
say member "$member"
say read "$(timeout -k 5 40 "${as[@]}" ls -U "$point" 2>&1 >/dev/null && echo ok)"
if [ "$depth" = look ]; then
  say may_write "$("${as[@]}" test -w "$point" && echo ok)"
else
  # shellcheck disable=SC2016  # the bash that tries it expands them
  say write "$(timeout -k 5 40 "${as[@]}" bash -c 'file=$1/.labhub-proof-$$
    echo proof > "$file" && [ "$(cat "$file")" = proof ] && echo ok; rm -f "$file"
    ' - "$point" 2>&1)"
fi
