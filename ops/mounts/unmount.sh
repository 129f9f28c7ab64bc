# shellcheck shell=bash
# Lazily: what a lab has open stays readable until it is closed, and is seen nowhere else.
unmount() {
  systemctl stop "$1.automount" "$1.mount" >/dev/null 2>&1 || true
  while grep -qF " $2 " /proc/self/mountinfo; do umount -l "$2"; done
  systemctl reset-failed "$1.automount" "$1.mount" >/dev/null 2>&1 || true
}
