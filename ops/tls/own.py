"""The operator's own certificate: its files, and every mistake that a browser would complain of."""

import hashlib
import ssl
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from ops.errors import ConfigError
from ops.remote.command import Secret
from ops.settings.config import Config
from ops.settings.web import parse_address
from ops.tls.certificate import (
    PEM,
    Certificate,
    certificate_facts,
    common_name,
    load_all,
)

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
    from cryptography.x509 import Certificate as Signed

LEAST = timedelta(days=1)


@dataclass(frozen=True)
class Own:
    """A certificate as the proxy takes it: the private key, then the chain, in one text."""

    pem: Secret
    certificate: Certificate

    @property
    def digest(self) -> str:
        """Return the SHA-256 of the text, as `sha256sum` prints it."""
        return hashlib.sha256(self.pem.value.encode()).hexdigest()


def read_own(config: Config, now: datetime) -> Own | None:
    """Read and check the files; None where `.env` names none.

    :raises ConfigError: with what is wrong with them.
    """
    if not (config.tls_certificate and config.tls_key and config.hub_url):
        return None
    chain = _read(config.tls_certificate, "TLS_CERTIFICATE")
    key = _read(config.tls_key, "TLS_KEY")
    host = parse_address(config.hub_url).host
    for problem in problems(chain, key, host, now):
        raise ConfigError(f"{problem} ({config.tls_certificate.name}, {config.tls_key.name})")
    certificate = certificate_facts(chain)
    assert certificate  # noqa: S101  it was among the problems
    text = key.strip() + "\n" + "".join(f"{it.strip()}\n" for it in PEM.findall(chain))
    return Own(Secret(text), certificate)


def _read(path: Path, key: str) -> str:
    try:
        return path.read_text("ascii")
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"{key}: {path.name} is not in PEM form; openssl x509 -inform der -in {path.name} "
            "-out hub.pem makes it, for a key openssl pkey"
        ) from error
    except OSError as error:
        raise ConfigError(f"{key}: {path.name} cannot be read: {error.strerror}") from error


def problems(chain: str, key: str, host: str, now: datetime) -> Iterator[str]:
    """Yield what is wrong with a certificate and its key, what has to be mended first at first."""
    if not PEM.search(chain):
        exchanged = "; is it exchanged with TLS_KEY?" if "PRIVATE KEY" in chain else ""
        yield f"TLS_CERTIFICATE: holds no certificate (-----BEGIN CERTIFICATE-----){exchanged}"
        return
    certificates = load_all(chain)
    if not certificates:
        yield "TLS_CERTIFICATE: is damaged; copy it anew"
        return
    yield from _key_problems(certificates, key)
    certificate = certificate_facts(chain)
    assert certificate  # noqa: S101  there is at least one
    yield from _name_and_time_problems(certificate, host, now)
    yield from _chain_problems(certificates)


def _key_problems(certificates: "Sequence[Signed]", text: str) -> Iterator[str]:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(text.encode(), None)
    except TypeError:
        yield (
            "TLS_KEY: is encrypted, and the proxy starts with nobody there to type a passphrase; "
            "openssl pkey -in KEY -out NEW takes it off"
        )
        return
    except (ValueError, UnsupportedAlgorithm):
        yield "TLS_KEY: holds no private key in PEM form (-----BEGIN PRIVATE KEY-----)"
        return
    fitting = [_is_same(it.public_key(), key.public_key()) for it in certificates]
    if True not in fitting:
        yield "TLS_KEY: is not the key of this certificate"
    elif not fitting[0]:
        yield (
            "TLS_CERTIFICATE: is in the wrong order; the hub's own certificate stands first, then "
            "those that vouch for it"
        )


def _is_same(one: "PublicKeyTypes", other: "PublicKeyTypes") -> bool:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    first, second = (
        it.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) for it in (one, other)
    )
    return first == second


def _name_and_time_problems(it: Certificate, host: str, now: datetime) -> Iterator[str]:
    if not it.is_for(host):
        names = ", ".join(it.names) or "no name at all (it has no subjectAltName)"
        yield f"TLS_CERTIFICATE: is for {names}, and HUB_URL is {host}"
    if it.end <= now:
        yield f"TLS_CERTIFICATE: ended on {it.end:%Y-%m-%d %H:%M} UTC"
    elif it.end - now < LEAST:
        yield f"TLS_CERTIFICATE: ends within a day, at {it.end:%Y-%m-%d %H:%M} UTC"
    if it.begin > now:
        yield f"TLS_CERTIFICATE: is not valid before {it.begin:%Y-%m-%d %H:%M} UTC"


def _chain_problems(certificates: "Sequence[Signed]") -> Iterator[str]:
    for lower, upper in pairwise(certificates):
        if not _is_issued_by(lower, upper):
            yield (
                f"TLS_CERTIFICATE: is in the wrong order; behind {common_name(lower)} has to stand "
                f"{common_name(lower, issuer=True)}, not {common_name(upper)}"
            )
            return
    last = certificates[-1]
    if last.issuer != last.subject and not _is_root(last.issuer.public_bytes()):
        yield (
            f"TLS_CERTIFICATE: is incomplete; put the certificate of "
            f"{common_name(last, issuer=True)} behind that of {common_name(last)}, or members' "
            "browsers may refuse it"
        )


def _is_issued_by(lower: "Signed", upper: "Signed") -> bool:
    from cryptography.exceptions import InvalidSignature

    try:
        lower.verify_directly_issued_by(upper)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _is_root(name: bytes) -> bool:
    """Tell whether this machine trusts an authority of this name (DER)."""
    import certifi

    known = map(ssl.PEM_cert_to_DER_cert, PEM.findall(Path(certifi.where()).read_text("utf-8")))
    site = ssl.create_default_context().get_ca_certs(binary_form=True)
    # Looked for, not parsed: some roots are older than the rules that a parser holds them to.
    return any(name in root for root in (*known, *site))
