"""Operation: the hub's certificate, who renews it, and that the proxy shows it to browsers."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ops.errors import OperationError
from ops.packages import install
from ops.remote.command import Change, Shell, Step, Upload, run
from ops.settings.web import Address
from ops.tls.certificate import Certificate
from ops.tls.facts import AUTHORITY, FILES, NAME, SCRIPT, SERVER, UNIT, Https, Served
from ops.tls.own import Own

RIGHTS = "600 13:13"
TIMER = "labhub-certificate.timer"

_SERVICE = f"""\
[Unit]
Description=Renew the certificate of the lab hub where it ends soon
After=docker.service

[Service]
Type=oneshot
ExecStart={SCRIPT} timer
"""
_TIMER = """\
[Unit]
Description=Look daily whether the certificate of the lab hub ends soon

[Timer]
OnCalendar=daily
RandomizedDelaySec=1h
Persistent=true

[Install]
WantedBy=timers.target
"""
# A certificate is taken up without a restart, so that no open notebook loses its connection.
_TAKE_UP = """\
file=$1 port=$2
docker ps --quiet --filter label=labhub.https | xargs -r docker kill --signal HUP >/dev/null
wanted=$(openssl x509 -noout -fingerprint -sha256 -in "$file")
for _ in $(seq 30); do
  shown=$(timeout 5 openssl s_client -connect "127.0.0.1:$port" </dev/null 2>/dev/null |
    openssl x509 -noout -fingerprint -sha256 2>/dev/null) || shown=
  # Where nobody shows one yet, the proxy reads it when it starts.
  if [ -z "$shown" ] || [ "$shown" = "$wanted" ]; then exit 0; fi
  sleep 0.2
done
echo "the proxy still shows the certificate before"; exit 1
"""
_GIVE_UP = """\
systemctl disable --now "$1" 2>/dev/null || true
shift
rm -f -- "$@"
systemctl daemon-reload
"""


@dataclass(frozen=True)
class Wanted:
    """A hub over HTTPS: without an own certificate the lab's authority signs one."""

    address: Address
    plain_port: int
    own: Own | None

    @property
    def ports(self) -> tuple[int, int]:
        """The ports that the hub needs on the host, the encrypted one first."""
        return self.address.port, self.plain_port


def render_files(address: Address) -> tuple[Upload, ...]:
    """Return the files that make and renew a certificate on the host."""
    script = Path(__file__).with_name("certificate.sh").read_text("utf-8")
    return (
        Upload(SCRIPT, script, "0755"),
        Upload(NAME, address.alternative_name),
        Upload(f"{UNIT}.service", _SERVICE),
        Upload(f"{UNIT}.timer", _TIMER),
    )


def ensure_https(wanted: Wanted, served: Served, facts: Https) -> Iterator[Change]:
    """Give the hub its certificate, before the proxy starts.

    :raises OperationError: where another program has a port that the hub needs.
    """
    for port, who in facts.occupied.items():
        raise OperationError(_occupied(port, who, wanted))
    if not facts.has_openssl:
        yield install("Install OpenSSL, which makes and shows certificates", "openssl")
    changes = tuple(
        _ensure_own(wanted.own, wanted, served)
        if wanted.own
        else _ensure_lab_certificate(wanted, served, facts)
    )
    yield from changes
    is_shown = served.certificate and facts.fingerprint == served.certificate.fingerprint
    if facts.fingerprint and not is_shown and not changes:
        yield Change("Let the proxy show the certificate that is there", (_take_up(wanted),))


def _ensure_own(own: Own, wanted: Wanted, served: Served) -> Iterator[Change]:
    if (served.rights, served.digest) != (RIGHTS, own.digest):
        why = f"Install the certificate of {wanted.address.host}, {_until(own.certificate)}"
        folder = run("install", "-d", "-m", "0755", SERVER.rpartition("/")[0])
        upload = Upload(SERVER, own.pem, "0600", "13:13")
        yield Change(why, (folder, upload, _take_up(wanted)))
    if served.is_left:
        yield _give_up("Renew no certificate on the host any more: .env names an own one")


def _ensure_lab_certificate(wanted: Wanted, served: Served, facts: Https) -> Iterator[Change]:
    host = wanted.address.host
    files = render_files(wanted.address)
    wrong = [it.path for it in files if facts.files.get(it.path) != _as_it_should_be(it)]
    if wrong or not served.renews:
        steps: tuple[Step, ...] = (
            *files,
            run("systemctl", "daemon-reload"),
            run("systemctl", "enable", "--now", TIMER),
        )
        yield Change(f"Have the host renew the certificate of {host} by itself", steps)
    if facts.problem or SCRIPT in wrong or NAME in wrong:
        because = facts.problem or "its name or its making has changed"
        if served.certificate is None:
            because = "there is none yet"
        why = f"Make a certificate of {host}, signed by the lab's own authority ({because})"
        yield Change(why, (run(SCRIPT), _take_up(wanted)))


def ensure_plain(served: Served) -> Iterator[Change]:
    """Renew and offer nothing any more; the files stay, for who goes back to HTTPS."""
    if served.is_left:
        yield _give_up("Renew no certificate any more: the hub is served over plain HTTP")


def _as_it_should_be(it: Upload) -> tuple[str, str]:
    digest = hashlib.sha256(str(it.content).encode()).hexdigest()
    return f"{it.mode.lstrip('0')} {it.owner}", digest


def _take_up(wanted: Wanted) -> Shell:
    what = "docker kill --signal HUP labhub-proxy, and wait until it shows the certificate"
    return Shell(what, _TAKE_UP, (SERVER, str(wanted.address.port)))


def _give_up(why: str) -> Change:
    what = f"systemctl disable --now {TIMER}, and take its files away"
    return Change(why, (Shell(what, _GIVE_UP, (TIMER, AUTHORITY, *FILES)),))


def _until(certificate: Certificate) -> str:
    return f"valid until {certificate.end:%Y-%m-%d}"


def _occupied(port: int, who: str, wanted: Wanted) -> str:
    if port == wanted.plain_port:
        other = "set HUB_PORT to another, where plain HTTP leads to HTTPS"
    else:
        other = f"give the hub another, HUB_URL=https://{wanted.address.host}:8443"
    return f"Port {port} of the host is taken by {who}. Nothing was changed; stop that, or {other}."
