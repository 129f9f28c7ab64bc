"""Operation: what the host needs to write and read backups, and how it is asked to."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from ops.packages import INSTALLED, install, parse_installed
from ops.remote.command import Change, Command, Secret, Upload, run
from ops.remote.framing import Answers
from ops.remote.script import Question

FOLDER = "/usr/local/lib/labhub"
PACKAGE = "labhub_backup"
DEBIAN = ("python3", "gpg", "gpg-agent")
_SOURCE = Path(__file__).parent / "onhost"

TOOLS = (
    Question("backup-packages", INSTALLED, DEBIAN),
    Question("backup-files", 'cd "$1" && sha256sum *.py', (f"{FOLDER}/{PACKAGE}",)),
)


def ensure_tools(answers: Answers) -> Iterator[Change]:
    """Let the host have Python, GnuPG and the very code that this checkout verifies with."""
    present = parse_installed(answers["backup-packages"])
    if missing := [name for name in DEBIAN if name not in present]:
        yield install(f"Install what backups need: {', '.join(missing)}", *missing)
    wanted = {path.name: path.read_text("utf-8") for path in sorted(_SOURCE.glob("*.py"))}
    lines = (line.partition("  ") for line in answers["backup-files"].splitlines())
    found = {name: digest for digest, _, name in lines}
    sums = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in wanted.items()}
    if found != sums:
        where = f"{FOLDER}/{PACKAGE}"
        clear = run("rm", "-rf", "--", where)
        uploads = (Upload(f"{where}/{name}", text) for name, text in wanted.items())
        yield Change(f"Copy the code of backups to {where}", (clear, *uploads))


def asked(verb: str, request: Mapping[str, object]) -> Command:
    """Ask the host's part for something; the request may hold the passphrase."""
    text = Secret(json.dumps({"verb": verb, **request}))
    return run("python3", "-B", "-m", PACKAGE, stdin=text, cwd=FOLDER)
