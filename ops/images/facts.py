"""What a push has to know of the host."""

from ops.plan.objects import is_running, objects
from ops.plan.question import Answers, Question, lines, plain

HOME = Question("home", 'getent passwd "${SUDO_USER:-root}" | cut -d: -f6', plain)
"""Where the operator is at home."""

NOTES = "/usr/share/lab/notes.txt"
"""Where an image says what of the lab's own packages it has in another version."""


def notes_of(reference: str) -> Question[list[str]]:
    """Ask an image what of the lab's own packages it has in another version than the lock."""
    return Question(
        "notes",
        'made=$(docker create "$1"); docker cp --quiet "$made:$2" - | tar --extract --to-stdout; '
        'docker rm "$made" >/dev/null',
        lines,
        (reference, NOTES),
    )


_NAME = "labhub-registry"
REGISTRY = objects("registry", _NAME)


def has_registry(answers: Answers) -> bool:
    """Tell from the answer to `REGISTRY` whether one runs."""
    found = answers[REGISTRY].get(_NAME)
    return found is not None and is_running(found)
