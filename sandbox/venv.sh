#!/bin/bash
# Make .venv with what requirements.lock names; the repository itself is run in place.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
# shellcheck source=sandbox/lib.sh
. "$here/lib.sh"
cd "$here/.."

is_new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

find_python() {
  local python
  for python in python3 python3.13 python3.12 python3.11; do
    if is_new_enough "$python"; then
      echo "$python"
      return
    fi
  done
  fail "Python 3.11 or later is needed; python3 here is $(python3 --version 2>/dev/null ||
    echo missing)."
}

command -v python3 >/dev/null || need "The tool" python3:python3
python=$(find_python)
# Debian ships ensurepip, which a virtual environment is made with, in a package of its own.
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
  need "A virtual environment" "no-ensurepip:$(basename "$(readlink -f "$(command -v "$python")")")-venv"
fi
step "Making the virtual environment" "$python" -m venv --clear .venv
step "Installing the Python packages" .venv/bin/pip install --quiet --requirement requirements.lock
touch .venv/.ready
