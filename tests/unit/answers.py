"""What a host answers, for the tests of parsers."""

from collections.abc import Mapping
from typing import Any

from ops.plan.question import Answer, Answers, Question, Questions


def answered(questions: Questions, texts: Mapping[Question[Any], str]) -> Answers:
    """Return the answers to questions; those that no text is given for have nothing to tell."""
    found = {question.key: Answer("") for question in questions}
    return Answers(found | {question.key: Answer(text) for question, text in texts.items()})
