# shellcheck shell=bash
# What a session has that changes the host: the lock, the audit log, and the end of a failed step.

# Take the lock, or end: somebody else holds it, or has changed the host since the facts were read.
begin() {
  local expected=$1 patience=$2
  lock=$3 audit_log=$4 who=$5 task=$6
  mkdir -p "${lock%/*}" "${audit_log%/*}"
  # Opened for append: the holder's own line must survive the opening by the next one. Every step
  # inherits the descriptor, so that a step which outlives a lost connection keeps the lock.
  exec 9>>"$lock"
  if ! flock -n 9; then
    local holder
    holder=$(head -n 1 "$lock")
    case $holder in
      # The rest of a task that its operator has lost: nobody else will end it.
      "$who, inv $task, since "*) mark own "$holder" ;;
      *) mark held "$holder"; [ "$patience" = wait ] || exit 0 ;;
    esac
    flock 9
    [ "$expected" = any ] || expected=older
  fi
  [ "$expected" = any ] || refuse_stale "$expected"
  sign changing
  touch "$audit_log"
  chmod 0640 "$audit_log"
}

# End where this is another turn than the facts are of, or where it was broken off: what was read
# while it lasted may be half of a change.
refuse_stale() {
  local now settled
  now=$(turn "$lock")
  settled=${now% changing}
  [ "$1" != "$now" ] || [ "$now" != "$settled" ] || return 0
  if [ "$now" = "$settled" ]; then
    mark stale finished "$(head -n 1 "$lock")"
  else
    local broken_off
    broken_off=$(head -n 1 "$lock")
    sign
    mark stale unfinished "$broken_off"
  fi
  exit 0
}

# Say who has the lock, since when, and in which session.
sign() {
  printf '%s, inv %s, since %s\n%s\n' "$who" "$task" "$(date '+%F %T')" "${nonce:?}${1:+ $1}" >"$lock"
}

audit() { printf '%s\t%s\tinv %s\t%s\t%s\n' "$(date -Is)" "$who" "$task" "$1" "$2" >>"$audit_log"; }

# Wait for a lock besides, and have it until this session has ended.
hold() {
  local fd
  mkdir -p "${1%/*}"
  exec {fd}>>"$1"
  flock --nonblock "$2" "$fd" || { echo "waits until others have finished"; flock "$2" "$fd"; }
}

# Let the operator's machine do its part: it says now and then that it is still there, and at last what
# came of it. One that has said nothing for a minute is lost.
here() {
  local word
  mark here
  while read -r -t 60 word said && [ "$word" = . ]; do :; done
  if [ "$word" = overtaken ]; then
    sign
    mark stale finished "${said:-}"
    exit 0
  fi
  [ -n "$word" ] || echo "nothing was heard from the operator's machine for a minute"
  [ "$word" = "done" ]
}

failed() {
  audit "failed ($1)" "$4"
  sign
  mark failed "$2" "$3" "$1"
  exit 1
}
