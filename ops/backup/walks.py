"""The walk of `inv backup`: on the laptop or the host, now or by a timer; and what there is."""

import io
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from rich.filesize import decimal

from ops import console, progress
from ops.apply import converge, order
from ops.backup.onhost import files
from ops.backup.onhost.errors import BackupError
from ops.backup.places import ON_HOST, Place
from ops.backup.schedule import OFF, SCHEDULE, ensure_schedule
from ops.backup.tools import TOOLS, asked, ensure_tools
from ops.backup.transfer import download
from ops.errors import OperationError
from ops.remote.command import Change
from ops.remote.framing import Answers
from ops.remote.host import Host
from ops.remote.script import Question
from ops.settings import envfile
from ops.settings.config import is_secret
from ops.words import moment

PLAIN = (
    "Without BACKUP_PASSPHRASE it is not encrypted: it holds everybody's password hash and the "
    "secret of the hub's cookies. Keep it where nobody else reads."
)


@dataclass(frozen=True)
class Wanted:
    """What a backup is to be; `env` is the text of the lab's `.env` without its secrets."""

    lab: str
    passphrase: str
    place: Place
    keep: int
    homes: bool
    env: str
    host: str

    def request(self, wait: bool) -> dict[str, object]:
        """Return what the host's part is asked for."""
        return {
            "lab": self.lab,
            "host": self.host,
            "env": self.env,
            "homes": self.homes,
            "passphrase": self.passphrase,
            "folder": self.place.folder,
            "point": self.place.point,
            "keep": self.keep,
            "wait": wait,
        }


def without_secrets(text: str, name: str) -> str:
    """Return the settings of a `.env` file, one a line, those that are secret left out."""
    lines = envfile.split(text, name)
    kept = [line for line in lines if line.key and line.value and not is_secret(line.key)]
    return "".join(f"{line.key}={line.value}\n" for line in kept)


def back_up(host: Host, wanted: Wanted, *, wait: bool, dry: bool) -> None:
    """Write a backup, prove it, and remove those that are too many."""
    if dry:
        console.say(f"A backup would be written to {wanted.place}; nothing was changed.", "bold")
        return
    _prepare(host, wait)
    with sentences(), progress.busy("Write the backup, and read it once more"):
        path, size, gone = (_on_host if wanted.place.is_on_host else _here)(host, wanted, wait)
    console.say(f"✓ {path}  {decimal(size)}, read again and whole", "green")
    for name in gone:
        console.say(f"  removed: {name}")
    if not wanted.passphrase:
        console.say(PLAIN, "yellow")


def _prepare(host: Host, wait: bool) -> None:
    answers = host.ask(TOOLS)
    if tuple(ensure_tools(answers)):
        converge(host, TOOLS, ensure_tools, order("backup", wait), dry=False)


def _here(host: Host, wanted: Wanted, wait: bool) -> tuple[str, int, list[str]]:
    folder = wanted.place.local
    name = files.name_of(wanted.lab, datetime.now(UTC), wanted.passphrase)
    step = asked("stream", wanted.request(wait))
    files.store(folder, name, wanted.passphrase, lambda out: download(host, step, out))
    gone = files.remove_surplus(folder, wanted.lab, wanted.keep)
    return str(folder / name), (folder / name).stat().st_size, gone


def _on_host(host: Host, wanted: Wanted, wait: bool) -> tuple[str, int, list[str]]:
    found = json.loads(said(host, "store", wanted.request(wait)))
    return f"host:{found['path']}", int(found["size"]), list(found["gone"])


def said(host: Host, verb: str, request: Mapping[str, object]) -> str:
    """Return what the host's part prints."""
    out = io.BytesIO()
    download(host, asked(verb, request), out)
    return out.getvalue().decode()


def show(host: Host | None, place: Place) -> None:
    """List the backups of a place, the newest first."""
    rows = list(_rows(host, place))
    if not rows:
        console.say(f"There is no backup in {place}.")
        return
    console.table(("backup", "written", "size"), rows)
    console.say("Each was read to its end before it got its name.")


def _rows(host: Host | None, place: Place) -> Iterator[tuple[str, str, str]]:
    if host is None:
        found = [(it.path.name, it.time, it.size) for it in files.backups(place.local)]
    else:
        question = Question("backups", 'cd "$1" && stat -c "%s %n" labhub-*', (place.folder,))
        lines = host.ask([question])["backups"].splitlines()
        found = [
            (name, files.time_of(name), int(size))
            for size, _, name in (line.partition(" ") for line in reversed(lines))
            if files.is_name(name)
        ]
    for name, time, size in found:
        yield name, moment(time.isoformat()), decimal(size)


def schedule(host: Host, wanted: Wanted, when: str, *, wait: bool, dry: bool) -> None:
    """Let the host write backups by itself, or no more."""

    def operation(answers: Answers) -> Iterator[Change]:
        if when != OFF:
            yield from ensure_tools(answers)
        yield from ensure_schedule(when, wanted.request(wait=True), answers)

    questions = (*TOOLS, *SCHEDULE)
    converge(host, questions, operation, order("backup --schedule", wait), dry)
    if when != OFF and not dry:
        console.say(f"Backups are written {when} to {wanted.place}; inv backup --list shows them.")
        if not wanted.passphrase:
            console.say(PLAIN, "yellow")


def scheduled_place(place: Place) -> Place:
    """Return where a timer of the host writes to: not to the laptop."""
    return place if place.is_on_host else Place(ON_HOST, is_on_host=True)


@contextmanager
def sentences() -> Iterator[None]:
    """End in the sentence of the code that is the host's as well."""
    try:
        yield
    except BackupError as error:
        raise OperationError(str(error)) from error
