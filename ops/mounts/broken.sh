# shellcheck shell=bash
# Tell what of /etc/fstab is not right by findmnt's judgement, ours aside.
[ -e /etc/fstab ] || exit 0
verify /etc/fstab | awk '
  /^parse error at/ { print }
  /^[^ \t]/ { target = $0 }
  /\[E\]/ && target !~ "^/srv/labhub/" { sub(/.*\[E\] /, ""); print target ": " $0 }'
