"""The links on the laptop: its programs, its `.env`, and the way to the members' pages."""

import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from ops.findings import Finding, notice, problem, right
from ops.words import listed

PROGRAMS = ("ssh", "rsync", "git")


def programs(missing: Sequence[str] | None = None) -> Finding:
    """Tell whether the programs that tasks start are here."""
    if missing is None:
        missing = [name for name in PROGRAMS if shutil.which(name) is None]
    if missing:
        packages = " ".join("openssh-client" if name == "ssh" else name for name in missing)
        mend = f"sudo apt install {packages}"
        return problem("this machine", f"{listed(missing)} cannot be found", mend)
    version = ".".join(map(str, sys.version_info[:2]))
    return right("this machine", f"Python {version}, {listed(PROGRAMS)}")


def env_file(path: Path) -> Iterator[Finding]:
    """Tell whether others can read the passwords in `.env`."""
    if not path.is_file():
        yield right(".env", "the environment describes the lab")
    elif (mode := path.stat().st_mode & 0o777) & 0o077:
        said = f"{path.name} has mode {mode:o}: others of this machine can read its passwords"
        yield notice(".env", said, f"chmod 600 {path.name}")
    else:
        yield right(".env", f"{path.name} is right, and yours alone")


def members_page(url: str, is_deployed: bool) -> Finding:
    """Tell whether the hub answers at the address that members use, asked from here."""
    # Only here: it takes longer to import than most of what is asked.
    import requests

    if not is_deployed:
        return right("members", f"will find the hub at {url}")
    try:
        answer = requests.get(f"{url}/hub/health", timeout=10)
    except requests.exceptions.SSLError:
        said = f"{url} answers, but this machine does not trust its certificate"
        return notice("members", said, f"open {url.replace('https', 'http', 1)}/trust")
    except requests.RequestException as error:
        said = f"{url} cannot be reached from here ({type(error).__name__})"
        return problem("members", said, "check HUB_URL, HUB_PORT and the firewall of the host")
    if answer.status_code != 200:
        said = f"{url}/hub/health answers with {answer.status_code}"
        return problem("members", said, "inv logs --service proxy")
    return right("members", f"{url} answers in {answer.elapsed.total_seconds():.1f} s")
