"""What a host says of itself when something went wrong on it, and what this machine says."""

import subprocess
from collections.abc import Callable

LINES = 50
_ASKED = {
    "its containers": "docker ps --all --format 'table {{.Names}}\t{{.Status}}\t{{.Image}}'",
    "its journal": f"journalctl --no-pager --lines {LINES} --output short-precise",
    "units that failed": "systemctl list-units --failed --no-legend",
    "its mounts": "findmnt -t cifs,autofs",
    "its registry": f"docker logs --tail {LINES} labhub-registry",
    "its proxy": f"docker logs --tail {LINES} labhub-proxy",
    "its hub": f"docker logs --tail {LINES} labhub-hub",
    "its labs": "for lab in $(docker ps --all --quiet --filter name=^/lab-); do "
    f'echo "$lab"; docker logs --tail {LINES} $lab; done',
    "its load": "uptime; free -m; df -h / /var/lib/docker",
}

_CONNECTIONS = """\
ss --tcp --numeric --info --options --processes
for process in $(lsns --type net --noheadings --output PID); do
  echo "--- $process: $(tr '\\0' ' ' </proc/"$process"/cmdline)"
  nsenter --target "$process" --net ss --tcp --numeric --info --options
done
"""


def connections() -> str:
    """Return the TCP connections of this machine; root is told those of every network on it."""
    argv = ["sh", "-c", f"{{ {_CONNECTIONS} }} 2>&1"]
    return subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True).stdout


def diagnose(ask: Callable[[str], str]) -> str:
    """Gather what lets somebody who was not there tell a fault from noise.

    `ask` runs shell on the host as root, and returns what it prints.
    """
    return "\n".join(f"--- {what} ---\n{_said(ask, it)}" for what, it in _ASKED.items())


def _said(ask: Callable[[str], str], script: str) -> str:
    try:
        # What one command complains of does not keep the next from answering.
        return ask(f"{{ {script}; }} 2>&1 || true").rstrip()
    except Exception as error:
        # Whatever is wrong with the host, the failure that is told of comes first.
        return f"cannot be asked: {error}"
