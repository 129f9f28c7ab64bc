"""Every `inv …` in the documents is a command line that Invoke takes, of a task that is tested."""

import re
import shlex
from pathlib import Path

import pytest
from invoke import Collection
from invoke.exceptions import ParseError
from invoke.parser import Parser
from invoke.program import Program

import tasks

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(ROOT.glob("docs/*.md"))]
# Folders below tests whose tests work on a real host; one that is not there is no mistake.
REAL = ("operating", "sandbox", "sandbox_host", "vm", "browser")
# In a sentence only what stands in a code span counts; in a block, what begins a line.
SPAN = re.compile(r"`((?:[A-Z_]+=\S+ )*inv [^`]+)`")
BLOCK = re.compile(r"^ {4}(?:\$ )?((?:.* && )?(?:[A-Z_]+=\S+ )*inv [^\n]+)$", re.MULTILINE)
PLACES = {"TASK": "deploy"}


def command_lines() -> list[tuple[str, str]]:
    """Return each command line, and the document that holds it."""
    found = []
    for path in DOCUMENTS:
        text = path.read_text()
        for match in [*SPAN.findall(text), *BLOCK.findall(text)]:
            for part in match.split(" && "):
                if found_inv := re.search(r"\binv (.*)", part):
                    found.append((path.name, found_inv[1].strip()))
    return found


def parsed(line: str) -> list[str]:
    """Let Invoke parse the words behind `inv`, and return the names of the tasks."""
    words = [PLACES.get(word, word) for word in shlex.split(line.split(" > ")[0], comments=True)]
    program = Program()
    program.create_config()
    core = Parser(initial=program.initial_context, ignore_unknown=True).parse_argv(words)
    contexts = Collection.from_module(tasks).to_contexts()
    try:
        result = Parser(contexts=contexts).parse_argv(core.unparsed)
    except ParseError as error:
        # A sentence may name a task, or a flag, without the value that it needs.
        if re.search(r"required positional|needed value", str(error)) and error.context:
            return [error.context.name]
        raise
    assert not result.unparsed, result.unparsed
    return [context.name for context in result]


@pytest.mark.parametrize(("document", "line"), dict.fromkeys(command_lines()))
def test_a_documented_command_is_one_that_invoke_takes(document: str, line: str) -> None:
    # What ends in … stands for more of the same.
    if not line.endswith("…"):
        assert parsed(line) or line.startswith("--"), f"{document}: inv {line}"


def test_a_mistake_in_a_document_would_be_found() -> None:
    for wrong in ("depoly", "deploy --wrong", "add-user --nmae alice"):
        with pytest.raises(ParseError, match="No idea"):
            parsed(wrong)


def test_every_documented_task_is_run_on_a_real_host_by_a_test() -> None:
    folders = [ROOT / "tests" / name for name in REAL] + [ROOT / "sandbox", ROOT / "tests/hub"]
    tests = "\n".join(path.read_text() for folder in folders for path in folder.rglob("*.py"))
    tests += (ROOT / "Makefile").read_text()
    named = {task for _, line in command_lines() if not line.endswith("…") for task in parsed(line)}
    # The sandbox's own tasks are thin: tests call what they call.
    untested = {
        task
        for task in named
        if not task.startswith("sandbox") and not re.search(rf'"{task}"', tests)
    }
    assert not untested, f"documented, and run by no test: {untested}"
    assert named <= {
        name for task, more in tasks.namespace.task_names.items() for name in (task, *more)
    }


ROOM = 54
"""Characters of a task's first sentence in `inv --list` at 80 columns."""


@pytest.mark.parametrize("name", sorted(tasks.namespace.task_names))
def test_a_task_is_one_line_of_the_list_and_shows_how_it_is_typed(name: str) -> None:
    first, *rest = (tasks.namespace[name].__doc__ or "").splitlines()
    assert first.endswith(".") and len(first) <= ROOM
    if not name.startswith("sandbox"):
        lines = [line.strip() for line in rest[rest.index("    Example:") :]]
        typed = [line.rpartition("inv ")[2] for line in lines if "inv " in line]
        assert typed and name in {found for line in typed for found in parsed(line)}
