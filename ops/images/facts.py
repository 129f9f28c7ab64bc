"""What a push has to know of the host."""

from ops.plan.question import Question, plain

HOME = Question("home", 'getent passwd "${SUDO_USER:-root}" | cut -d: -f6', plain)
"""Where the operator is at home."""

REGISTRY = Question(
    "registry",
    "docker inspect --format '{{.State.Running}}' labhub-registry || true",
    lambda text: text == "true",
)
"""Whether the registry runs; without it, or without an engine, the next step is the same."""
