# Debian's /etc/profile sets PATH anew for a login shell, which JupyterLab's terminal is.
export PATH="/opt/venv/bin:$PATH:$HOME/.local/bin"

# Not in a script's shell: what it prints is somebody's data.
case $- in *i*)
  if [ -n "$LABHUB_SUMMARY" ]; then printf '%s\n' "$LABHUB_SUMMARY"; fi
  # Of cgroup 2, of cgroup 1.
  cat /sys/fs/cgroup/memory.events /sys/fs/cgroup/memory/memory.oom_control 2>/dev/null |
    while read -r key count; do
      if [ "$key" = oom_kill ] && [ "$count" -gt 0 ]; then
        echo "Its memory was full: the system has ended $count of its programs since it started."
      fi
    done
;; esac
