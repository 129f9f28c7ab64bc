"""Files in the folder that the hub reads at each request: is one as it should be?"""

from ops.remote.script import Question

FOLDER = "/etc/labhub/hub"
"""In the hub it is /etc/labhub."""

_RIGHTS = "644 root:root"


def question(key: str, path: str) -> Question:
    """Return the question for a file's rights and content."""
    return Question(key, '[ ! -e "$1" ] || { stat -c "%a %U:%G" "$1"; cat "$1"; }', (path,))


def parse(answer: str) -> tuple[bool, str]:
    """Return whether the hub can read the file and root alone write it, and its content."""
    rights, _, content = answer.partition("\n")
    return rights == _RIGHTS, content


def is_right(answer: str, content: str) -> bool:
    """Tell whether the file is as it should be, with this content."""
    is_safe, found = parse(answer)
    return is_safe and found.strip() == content.strip()
