"""What a sandbox host says of itself when something went wrong on it."""

from sandbox.running import Sandbox

LINES = 50
_ASKED = {
    "its containers": "docker ps --all --format 'table {{.Names}}\t{{.Status}}\t{{.Image}}'",
    "its journal": f"journalctl --no-pager --lines {LINES} --output short-precise",
    "its registry": f"docker logs --tail {LINES} labhub-registry",
    "its proxy": f"docker logs --tail {LINES} labhub-proxy",
    "its hub": f"docker logs --tail {LINES} labhub-hub",
    "its load": "uptime; free -m; df -h / /var/lib/docker",
}


def diagnose(host: Sandbox) -> str:
    """Gather what lets somebody who was not there tell a fault from noise."""
    return "\n".join(f"--- {what} ---\n{_ask(host, script)}" for what, script in _ASKED.items())


def _ask(host: Sandbox, script: str) -> str:
    try:
        done = host.exec(["sh", "-c", f"{{ {script}; }} 2>&1"], check=False)
    except Exception as error:
        # Whatever is wrong with the host, the failure that is told of comes first.
        return f"cannot be asked: {error}"
    return done.stdout.rstrip()
