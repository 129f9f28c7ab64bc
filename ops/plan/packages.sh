# shellcheck shell=bash
# List those of these Debian packages that the host knows, each behind its state.
[ -e /var/lib/dpkg/status ] || exit 0
# Status 1: it does not know all of them.
dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" || [ $? = 1 ]
