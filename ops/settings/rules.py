"""How one value of `.env` is checked and converted: each function knows one rule and says it."""

import re
from collections.abc import Callable
from pathlib import Path

from ops.names import name_problem
from ops.plan.command import Secret


class RuleError(ValueError):
    """The rule that a value breaks."""


def text(value: str) -> str:
    if any(ord(character) < 32 or ord(character) == 127 for character in value):
        raise RuleError("should be one line of text")
    return value


def matching(pattern: str, rule: str) -> Callable[[str], str]:
    def read(value: str) -> str:
        if not re.fullmatch(pattern, value, re.ASCII):
            raise RuleError(rule)
        return value

    return read


def number(low: float, high: float, kind: type[int] | type[float]) -> Callable[[str], float]:
    rule = f"should be a {'whole ' if kind is int else ''}number from {low:g} to {high:g}"

    def read(value: str) -> float:
        if not re.fullmatch(r"\d{1,9}(\.\d{1,9})?", value, re.ASCII):
            raise RuleError(rule)
        if (kind is int and "." in value) or not low <= float(value) <= high:
            raise RuleError(rule)
        return kind(value)

    return read


def file(value: str) -> Path:
    path = Path(text(value)).expanduser().absolute()
    if not path.is_file():
        raise RuleError("should be a file that exists")
    return path


def names(value: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in value.split(",") if name.strip())
    for name in names:
        if problem := name_problem(name):
            raise RuleError(f"should be names of members, separated by commas; {problem}")
    return names


def paths(value: str) -> tuple[str, ...]:
    found = tuple(path.strip().strip("/") for path in text(value).split(",") if path.strip())
    for path in found:
        if not path or ".." in path.split("/"):
            raise RuleError("should be folders of the repository, separated by commas")
    return found


def secret(value: str) -> Secret:
    return Secret(text(value))
