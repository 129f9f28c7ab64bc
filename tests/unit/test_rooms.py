"""The rooms of `ops/`: who may import whom, in the order of the map in `ops/__init__.py`."""

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

OPS = Path(__file__).parents[2] / "ops"
FLOORS = (
    ("names", "errors", "hashing", "labels", "publisher", "wording", "interrupts"),
    ("plan",),
    ("settings",),
    ("console",),
    ("remote",),
    ("members", "mounts", "stack", "images"),
    ("deploy",),
    ("lab",),
)
"""From the ground up; rooms of one floor do not know of each other."""
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}


def room_of(path: str) -> str:
    """Return the room of a module, by its path below `ops/`."""
    return path.partition("/")[0].removesuffix(".py")


def imports(source: str) -> Iterator[str]:
    """Yield the rooms that a module imports, wherever in it the import stands."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module == "ops":
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("ops."):
            yield (node.module or "").split(".")[1]
        elif isinstance(node, ast.ImportFrom) and node.level:
            yield "a relative import, which no room has"
        elif isinstance(node, ast.Import):
            yield from (a.name.split(".")[1] for a in node.names if a.name.startswith("ops."))


def arrows(sources: Mapping[str, str]) -> set[tuple[str, str]]:
    """Return which room imports which other."""
    return {
        (room_of(path), other)
        for path, source in sources.items()
        for other in imports(source)
        if room_of(path) != other
    }


def wrong(sources: Mapping[str, str]) -> list[str]:
    """Return the arrows that do not lead down."""
    return sorted(
        f"{room} imports {other}"
        for room, other in arrows(sources)
        if FLOOR.get(other, len(FLOORS)) >= FLOOR.get(room, -1)
    )


@pytest.fixture(scope="module")
def sources() -> dict[str, str]:
    """Return the modules of the house by their paths."""
    return {
        path.relative_to(OPS).as_posix(): path.read_text()
        for path in OPS.rglob("*.py")
        if path != OPS / "__init__.py"
    }


def test_every_import_leads_down(sources: dict[str, str]) -> None:
    assert wrong(sources) == []


@pytest.mark.parametrize(
    ("path", "line", "what"),
    [
        ("mounts/operation.py", "from ops.members.operation import x", "mounts imports members"),
        ("stack/operation.py", "from ops.mounts.operation import x", "stack imports mounts"),
        ("images/build.py", "def f():\n    from ops.stack import engine", "images imports stack"),
        ("plan/script.py", "import ops.settings.config", "plan imports settings"),
        ("names.py", "from ops import errors", "names imports errors"),
        ("remote/host.py", "from ops import deploy", "remote imports deploy"),
    ],
)
def test_an_import_that_leads_up_or_across_is_found(
    sources: dict[str, str], path: str, line: str, what: str
) -> None:
    assert wrong({**sources, path: f"{sources[path]}\n{line}\n"}) == [what]


def test_the_map_names_every_room_and_each_room_its_modules(sources: dict[str, str]) -> None:
    rooms = {room_of(path) for path in sources}
    assert rooms == set(FLOOR), "a new room has its place in FLOORS"
    assert rooms == named(OPS)
    for door in OPS.glob("*/__init__.py"):
        modules = {path.stem for path in door.parent.glob("*.py")} - {"__init__"}
        assert named(door.parent) == modules, door.parent.name


def named(folder: Path) -> set[str]:
    """Return what the docstring of a package names."""
    return set(re.findall(r"``([a-z_]+)``", (folder / "__init__.py").read_text()))


ABROAD = {
    "fabric": ("remote/",),
    "paramiko": ("remote/",),
    "docker": ("images/publish.py",),
    "subprocess": ("remote/copy.py", "images/git.py"),
}
"""Who may speak to the world outside."""


def test_who_speaks_to_the_world_outside_is_known(sources: dict[str, str]) -> None:
    for path, source in sources.items():
        for module in outside(source):
            allowed = ABROAD.get(module, ("",))
            assert path.startswith(allowed), f"{path} imports {module}, which {allowed} may"
    assert "docker" in outside(sources["images/publish.py"])


def outside(source: str) -> set[str]:
    nodes = list(ast.walk(ast.parse(source)))
    names = [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
    names += [name.name for node in nodes if isinstance(node, ast.Import) for name in node.names]
    return {name.partition(".")[0] for name in names}


def test_every_script_is_sent_by_its_own_room(sources: dict[str, str]) -> None:
    for script in OPS.rglob("*.sh"):
        room = script.relative_to(OPS).parts[0]
        own = [text for path, text in sources.items() if room_of(path) == room]
        assert any(script.name in text for text in own), f"nobody sends {script.name}"
