"""What a push has to know of the host."""

from ops.labels import ORIGIN
from ops.plan.objects import Objects, is_running, objects
from ops.plan.question import Question, plain

HOME = Question("home", 'getent passwd "${SUDO_USER:-root}" | cut -d: -f6', plain)
"""Where the operator is at home."""

_REGISTRY = "labhub-registry"


def stack(base: str) -> Question[Objects]:
    """Ask for what a push needs there: the registry, and the image that labs are built from."""
    return objects("stack", _REGISTRY, base)


def missing(found: Objects, base: str, origin: str) -> str | None:
    """Say what of it a host lacks; `origin` is what its base has to be made from."""
    registry = found.get(_REGISTRY)
    if registry is None or not is_running(registry):
        return "No registry runs"
    labels = found.get(f"{base}:latest", {}).get("Config", {}).get("Labels") or {}
    if labels.get(ORIGIN) != origin:
        return f"No base for lab images that is made from {origin} is there"
    return None
