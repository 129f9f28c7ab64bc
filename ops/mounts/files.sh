# shellcheck shell=bash
# Tell mode, owner and digest of the files at and below these paths, as far as there are any.
there=()
for path; do if [ -e "$path" ]; then there+=("$path"); fi; done
if [ ${#there[@]} != 0 ]; then
  find "${there[@]}" -type f -exec stat -c '%a %U:%G %n' {} +
  find "${there[@]}" -type f -exec sha256sum {} +
fi
