"""What a host says of itself when something went wrong on it."""

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
