# shellcheck shell=bash
# Tell mode, owner and digest of the files at and below these paths, as far as there are any.
there=()
for path; do if [ -e "$path" ]; then there+=("$path"); fi; done
if [ ${#there[@]} != 0 ]; then
  # What is being written at this moment has yet to get its name.
  find "${there[@]}" -type f ! -name '.*.new' -exec stat -c '%a %U:%G %n' {} +
  find "${there[@]}" -type f ! -name '.*.new' -exec sha256sum {} +
fi
