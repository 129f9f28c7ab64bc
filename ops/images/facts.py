"""What a push has to know of the host."""

from ops.plan.objects import is_running, objects
from ops.plan.question import Answers, Question, plain

HOME = Question("home", 'getent passwd "${SUDO_USER:-root}" | cut -d: -f6', plain)
"""Where the operator is at home."""

_NAME = "labhub-registry"
REGISTRY = objects("registry", _NAME)


def has_registry(answers: Answers) -> bool:
    """Tell from the answer to `REGISTRY` whether one runs."""
    found = answers[REGISTRY].get(_NAME)
    return found is not None and is_running(found)
