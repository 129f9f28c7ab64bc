# shellcheck shell=bash
# Become a new shell that runs the next script, once it has begun to come.
echo "#READY"
while IFS= read -r line; do [ "$line" != "#BEGIN" ] || exec bash -s; done
exit 0
