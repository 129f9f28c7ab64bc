"""The state of a host for a person: lines and a table, and the verdict below them."""

from collections.abc import Iterator, Sequence

from rich.filesize import decimal

from ops.status.machine import Machine
from ops.status.running import Lab
from ops.status.services import Service
from ops.status.state import State
from ops.words import count, listed, moment

LAB_COLUMNS = ("lab", "image", "since", "memory", "cpu", "")
_WIDTH = 10
_MARKS = {"healthy": "✓", "starting": "…"}


def lines(state: State) -> Iterator[str]:
    """Write what stands above the table of labs."""
    yield f"{state.where}  {state.url}"
    yield _line("host", _machine(state.machine))
    yield from (_line("disk" if not n else "", said) for n, said in enumerate(_disks(state)))
    if state.engine.version:
        boot = "at every boot" if state.engine.is_enabled else "NOT at boot"
        yield _line("engine", f"Docker {state.engine.version}, {boot}")
    else:
        yield _line("engine", "does not answer")
    if not state.is_bare:
        yield from (_line(it.name, _service(it)) for it in state.services)
    if state.shares:
        said = [f"{it.name} {'✓' if it.is_there else '✗ away'}" for it in state.shares]
        yield _line("shares", ", ".join(said))
    if state.certificate.said:
        yield _line("https", state.certificate.said)
    if state.deploy:
        made = state.deploy
        yield _line("deployed", f"{moment(made.when)} by {made.who}: {made.what}")
    yield _line("labs", "none runs" if not state.labs else count(len(state.labs), "lab"))


def _line(name: str, said: str) -> str:
    return f"{name:<{_WIDTH}}{said}"


def _machine(it: Machine) -> str:
    used = decimal(it.memory - it.memory_free)
    days, seconds = divmod(int(it.up_seconds), 86_400)
    up = count(days, "day") if days else f"{seconds // 3600} h {seconds % 3600 // 60} min"
    return (
        f"{it.system}, up {up}, load {it.load:g} on {count(it.cores, 'core')}, "
        f"{used} of {decimal(it.memory)} memory used"
    )


def _disks(state: State) -> Iterator[str]:
    for disk in state.machine.disks:
        used = f"{disk.share_used():.0%} full, {decimal(disk.free)} free"
        yield f"{disk.path}  {used}"
    fills = state.machine.fills.items()
    known = [f"{what} {decimal(size)}" for what, size in fills if size is not None]
    unknown = [what for what, size in fills if size is None]
    if known:
        yield ", ".join(known)
    if unknown:
        yield f"not measured in the time there is: {listed(unknown)}"


def _service(it: Service) -> str:
    mark = _MARKS.get(it.health, "✗")
    version = f"  {it.version}" if it.version else ""
    since = f"  since {moment(it.since[:19] + 'Z')}" if it.since else ""
    return f"{mark} {it.health}{version}{since}"


def lab_rows(labs: Sequence[Lab]) -> Iterator[tuple[str, ...]]:
    """Return labs as rows below `LAB_COLUMNS`."""
    said = {None: "", True: "busy", False: "idle"}
    for it in labs:
        since = moment(it.since[:19] + "Z")
        yield it.member, it.image, since, it.memory, it.cpu, said[it.is_busy]


def verdict(found: Sequence[str]) -> Iterator[str]:
    """Write what needs attention, or that nothing does."""
    if not found:
        yield "✓ Everything is right."
        return
    things = "One thing needs" if len(found) == 1 else f"{len(found)} things need"
    yield f"✗ {things} attention:"
    yield from (f"  {sentence}" for sentence in found)
