"""HTTPS on a host: the questions, and pure parsers from their answers to frozen facts."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ops.remote.framing import Answers
from ops.remote.script import Question
from ops.stack.hub_files import FOLDER
from ops.tls.certificate import Certificate, certificate_facts

SERVER = "/etc/labhub/tls/proxy/server.pem"
NAME = "/etc/labhub/tls/name"
AUTHORITY = f"{FOLDER}/lab-ca.crt"
SCRIPT = "/usr/local/lib/labhub/certificate"
UNIT = "/etc/systemd/system/labhub-certificate"
FILES = (SCRIPT, NAME, f"{UNIT}.service", f"{UNIT}.timer")

# Without the private key; its part in the digest tells nobody anything.
_SERVER = """\
[ -e "$1" ] || exit 0
stat -c '%a %u:%g' "$1"
sha256sum <"$1" | cut -d' ' -f1
sed -n '/-BEGIN CERT/,/-END CERT/p' "$1"
"""
CERTIFICATE = (
    Question("certificate", _SERVER, (SERVER,)),
    Question("authority", 'cat "$1"', (AUTHORITY,)),
    Question(
        "certificate_timer",
        "systemctl show labhub-certificate.timer --property UnitFileState,ActiveState",
    ),
)
"""What every task needs that shows until when the certificate is valid; for `parse_served`."""

_SERVED = """\
timeout 5 openssl s_client -connect "127.0.0.1:$1" </dev/null 2>/dev/null |
  openssl x509 -noout -fingerprint -sha256 | cut -d= -f2
"""
_LISTENERS = """\
for port; do
  ss -Hltnp "sport = :$port" | sed "s/^/$port /"
  docker ps --filter "publish=$port" --format "$port container {{.Names}}"
done
"""


def https_questions(ports: tuple[int, ...]) -> tuple[Question, ...]:
    """Return what is to be known for HTTPS at the first of these ports, and for plain HTTP."""
    return (
        Question("openssl", "command -v openssl"),
        Question(
            "certificate_files",
            'for file; do [ ! -e "$file" ] || { stat -c "%a %U:%G" "$file"; sha256sum "$file"; } '
            "| paste -sd ' '; done",
            FILES,
        ),
        Question("certificate_problem", '[ ! -x "$1" ] || "$1" check', (SCRIPT,)),
        Question("served", _SERVED, (str(ports[0]),)),
        listeners(ports),
    )


def listeners(ports: tuple[int, ...]) -> Question:
    """Return the question for who listens on ports of the host."""
    return Question("listeners", _LISTENERS, tuple(map(str, ports)))


@dataclass(frozen=True)
class Served:
    """The certificate on a host; `renews` says that the host renews it by itself."""

    certificate: Certificate | None
    authority: Certificate | None
    renews: bool
    is_left: bool
    """Whether anything is there that renews it or that members are shown."""
    rights: str
    digest: str


@dataclass(frozen=True)
class Https:
    """What else is to be known where the hub is to be served over HTTPS."""

    has_openssl: bool
    files: dict[str, tuple[str, str]]
    """Rights and SHA-256 of the files that renew the certificate."""
    problem: str
    """Why the host itself wants a new one."""
    fingerprint: str
    """Of the certificate that browsers are given now; empty where there is none."""
    occupied: dict[int, str]
    """Who else has a port."""


def parse_served(answers: Answers) -> Served:
    """Read the answers to `CERTIFICATE`."""
    rights, _, rest = answers["certificate"].partition("\n")
    digest, _, pem = rest.partition("\n")
    timer = set(answers["certificate_timer"].splitlines())
    authority = certificate_facts(answers["authority"])
    is_enabled = "UnitFileState=enabled" in timer
    return Served(
        certificate=certificate_facts(pem),
        authority=authority,
        renews=is_enabled and "ActiveState=active" in timer,
        is_left=is_enabled or authority is not None,
        rights=rights,
        digest=digest,
    )


def parse_https(answers: Answers) -> Https:
    """Read the answers to `https_questions`."""
    files = {}
    for line in answers["certificate_files"].splitlines():
        mode, owner, digest, path = line.split(maxsplit=3)
        files[path] = (f"{mode} {owner}", digest)
    return Https(
        has_openssl=bool(answers["openssl"]),
        files=files,
        problem=answers["certificate_problem"],
        fingerprint=answers["served"].strip(),
        occupied=parse_occupied(answers),
    )


def parse_occupied(answers: Answers) -> dict[int, str]:
    """Read the answer to `listeners`: who beside the hub has which port."""
    return dict(_occupied(answers["listeners"]))


def _occupied(lines: str) -> Iterator[tuple[int, str]]:
    for line in lines.splitlines():
        port, kind, *rest = line.split()
        program = re.search(r'\(\("([^"]+)",pid=(\d+)', line)
        if kind == "container":
            if rest != ["labhub-proxy"]:
                yield int(port), f"the container {' '.join(rest)}"
        elif program is None:
            yield int(port), "a program that does not show its name"
        elif program[1] != "docker-proxy":
            yield int(port), f"{program[1]} (process {program[2]})"
