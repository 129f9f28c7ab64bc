#!/bin/bash
# The last words of `make demo`: where the hub is, who may log in, what to try next.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
url=$(sed -n 's/^HUB_URL=//p' .env.sandbox)

cat <<END

The hub runs: $url

  Log in as alice; the password that you choose now stays hers.
  Pick agfalta_tools 1.2, start the server, and in a notebook:  import agfalta_tools

Then, from here (\`. .venv/bin/activate; export LAB=sandbox\` once):

  inv                            all tasks
  inv add-user --name bob        another member
  inv push --tag 1.1             another version to pick
  inv --dry deploy               what a deploy would change: nothing
  inv sandbox.ssh                look around on the host (sudo password: lab-sudo)
  inv sandbox.reset              a bare host again

Another look from the outside: make test. Take everything away: make clean
END
