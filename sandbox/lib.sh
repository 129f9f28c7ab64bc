# shellcheck shell=bash
# What the scripts here share: progress lines, and installing system packages only with consent.

# Everything for a person goes to stderr: stdout carries results (engine.sh prints an address).
say() { printf '%s\n' "$*" >&2; }

fail() {
  say "✗ $*"
  exit 1
}

# step "Making the thing" COMMAND…: one line while it runs; its own output only when it fails.
step() {
  local title=$1 log started=$SECONDS
  shift
  log=$(mktemp)
  printf '▸ %s … ' "$title" >&2
  if "$@" </dev/null >"$log" 2>&1; then
    say "$((SECONDS - started)) s"
    rm -f "$log"
  else
    say "failed after $((SECONDS - started)) s, its last lines:"
    tail -n 20 "$log" | sed 's/^/    /' >&2
    rm -f "$log"
    exit 1
  fi
}

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# consent "sentence" "command": root and YES=1 have agreed already, others are asked.
consent() {
  if [ "$(id -u)" = 0 ]; then return; fi
  if [ "${YES:-}" != 1 ]; then ask "$@"; fi
  ask_password
}

# Before a step that needs it: a question in the middle of the step's line is missed.
ask_password() {
  if [ "$(id -u)" != 0 ] && [ -t 0 ] && ! sudo -n true 2>/dev/null; then sudo -v; fi
}

ask() {
  if [ ! -t 0 ]; then
    fail "$1 Nobody is here to agree: run \`$2\` yourself, or set YES=1."
  fi
  local answer
  printf '%s\n  %s\nDo it now? [y/N] ' "$1" "$2" >&2
  read -r answer
  case $answer in
    y | Y | yes | j | J | ja) ;;
    *) fail "Nothing was installed." ;;
  esac
}

apt_install() {
  local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -qq
    -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0)
  # The lists on the machine may be missing or stale: fetched only when they do not serve.
  as_root "${apt[@]}" install --yes --no-install-recommends "$@" && return
  as_root "${apt[@]}" update
  as_root "${apt[@]}" install --yes --no-install-recommends "$@"
}

# need "what for" COMMAND:PACKAGE…: install the packages whose command (or file) is missing.
need() {
  local why=$1 pair missing=()
  shift
  for pair in "$@"; do
    [ -e "${pair%%:*}" ] || PATH="$PATH:/usr/sbin:/sbin" command -v "${pair%%:*}" >/dev/null ||
      missing+=("${pair#*:}")
  done
  if [ ${#missing[@]} = 0 ]; then return; fi
  command -v apt-get >/dev/null ||
    fail "$why needs ${missing[*]}: install it with this system's package manager."
  consent "$why needs system packages that are missing." \
    "sudo apt-get install --no-install-recommends ${missing[*]}"
  step "Installing ${missing[*]}" apt_install "${missing[@]}"
}
