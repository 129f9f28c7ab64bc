# shellcheck shell=bash
# Tell what stands at each path: PATH|KIND|WHERE IT LEADS.
#
# What is below a mount that is dead would be waited for: /proc is asked before the path is.
for path; do
  source=$(awk -v path="$path" '$5 == path { for (i = 6; i < NF; i++) if ($i == "-") s = $(i + 2) }
    END { print s }' /proc/self/mountinfo)
  if [ -n "$source" ]; then printf '%s|mount|%s\n' "$path" "$source"
  elif [ -L "$path" ]; then printf '%s|link|%s\n' "$path" "$(readlink "$path")"
  elif [ -d "$path" ] && [ -z "$(ls -A "$path")" ]; then printf '%s|empty|\n' "$path"
  elif [ -e "$path" ]; then printf '%s|%s|\n' "$path" "$(stat -c %F "$path")"
  fi
done
