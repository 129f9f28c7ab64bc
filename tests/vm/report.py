"""What a virtual host says of itself when a test has failed."""

from contextlib import suppress

from ops.errors import OpsError
from sandbox.patience import SERVICE
from sandbox.vm.machine import Machine

ASKED = """\
systemctl list-units --failed --no-legend
findmnt -t cifs,autofs
journalctl --quiet --no-pager --lines 50
if systemctl is-active --quiet docker; then
  docker ps -a
  for container in $(docker ps -a --format '{{.Names}}'); do
    echo "-- the log of $container"
    docker logs --tail 50 "$container" 2>&1
  done
fi
"""
LINES = 50


def describe(host: Machine) -> str:
    """Return the ends of its journal, of its containers' logs and of what its console shows."""
    said = "It is switched off, or does not answer."
    if host.is_on():
        with suppress(OpsError):
            # What one command complains of does not keep the next from answering.
            said = host.root(f"exec 2>&1; set +e\n{ASKED}", check=False, seconds=SERVICE)
    return f"{said}\n-- the console\n{host.console(LINES)}"
