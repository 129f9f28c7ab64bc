"""Questions to a host, each with the parser of its answer, and answers, typed by their questions.

A question that has nothing to tell ends with status 0 and prints nothing. One that ends otherwise
could not be answered, which is an error wherever its answer is needed, and never "nothing there".
What a host answers is text; bytes come as base64 in short lines.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from ops.errors import FactError

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True)
class Question(Generic[T_co]):
    """A piece of shell that changes nothing of the host, under `set -euo pipefail`, and what its
    output means.

    `key` is a word that no other question of the session has.
    """

    key: str
    script: str
    parse: Callable[[str], T_co]
    args: tuple[str, ...] = ()


Questions = Sequence[Question[Any]]


@dataclass(frozen=True)
class Answer:
    """What a question printed, the status that it ended with, and its last word on errors."""

    text: str
    status: int = 0
    said: str = ""


@dataclass(frozen=True)
class Answers:
    """The answers of one session; `turn` tells whose changes they are older than.

    :raises FactError: by ``answers[question]``, where that one failed or cannot be understood.
    """

    found: Mapping[str, Answer]
    where: str = "the host"
    turn: str = ""

    def __getitem__(self, question: Question[T]) -> T:
        answer = self.found.get(question.key, Answer("", 1, "its answer did not arrive"))
        if answer.status:
            raise FactError(
                f"{self.where} could not be asked about its {question.key} (exit status "
                f"{answer.status}): {answer.said or 'it printed nothing'}. Mend that, then run the "
                "task again"
            )
        try:
            return question.parse(answer.text)
        except (ValueError, LookupError, TypeError) as error:
            raise FactError(
                f"{self.where} told of its {question.key} what cannot be understood: "
                f"{answer.text[:200]!r}"
            ) from error


def lines(text: str) -> list[str]:
    """Read an answer that is a list of lines."""
    return text.splitlines()


def plain(text: str) -> str:
    """Read an answer that is what it is."""
    return text
