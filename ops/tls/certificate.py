"""A certificate in PEM form → what it is for and until when, and one sentence that says it."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.x509 import Certificate as Signed

PEM = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----\n?", re.DOTALL)
RENEWAL = timedelta(days=30)
"""So long before its end the host makes a new one, or the operator is reminded to."""


@dataclass(frozen=True)
class Certificate:
    """What a certificate says; names are host names and addresses, in lower case."""

    names: tuple[str, ...]
    begin: datetime
    end: datetime
    issuer: str
    fingerprint: str
    """SHA-256, as browsers and openssl show it: ``AB:CD:…``"""

    def is_for(self, host: str) -> bool:
        """Tell whether a browser takes it for this host; a wildcard stands for one label."""
        first, _, rest = host.partition(".")
        wildcard = bool(first and rest) and not _is_address(host) and f"*.{rest}" in self.names
        return host in self.names or wildcard


def certificate_facts(pem: str) -> Certificate | None:
    """Read the first certificate of a text; None where there is none."""
    found = load_all(pem)
    return _facts(found[0]) if found else None


def load_all(pem: str) -> "list[Signed]":
    """Read all certificates of a text, in their order; those that are damaged make it none."""
    # Only here: `inv --list` and plain HTTP do not need it.
    from cryptography.x509 import load_pem_x509_certificates

    text = "".join(PEM.findall(pem))
    try:
        return load_pem_x509_certificates(text.encode()) if text else []
    except ValueError:
        return []


def _facts(it: "Signed") -> Certificate:
    from cryptography.hazmat.primitives.hashes import SHA256

    return Certificate(
        names=_names(it),
        begin=it.not_valid_before_utc,
        end=it.not_valid_after_utc,
        issuer=common_name(it, issuer=True),
        fingerprint=it.fingerprint(SHA256()).hex(":").upper(),
    )


def _names(it: "Signed") -> tuple[str, ...]:
    from cryptography.x509 import (
        DNSName,
        ExtensionNotFound,
        IPAddress,
        SubjectAlternativeName,
    )

    try:
        found = it.extensions.get_extension_for_class(SubjectAlternativeName).value
    except (ExtensionNotFound, ValueError):
        return ()
    addresses = (str(address) for address in found.get_values_for_type(IPAddress))
    return (*(name.lower() for name in found.get_values_for_type(DNSName)), *addresses)


def common_name(it: "Signed", *, issuer: bool = False) -> str:
    """Return how people call a certificate, or who issued it."""
    from cryptography.x509.oid import NameOID

    name = it.issuer if issuer else it.subject
    common = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(common[0].value) if common else name.rfc4514_string() or "an unnamed authority"


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def days_left(certificate: Certificate, now: datetime) -> int:
    """Return the whole days until a certificate's end; below 0 it has ended."""
    return (certificate.end - now.astimezone(UTC)).days


VALID = " is valid until "
"""What `describe_end` says only of a certificate that is as it should be."""


def describe_end(certificate: Certificate, now: datetime, *, renews: bool) -> str:
    """Say until when a certificate is valid; `renews`: the host renews it by itself."""
    day, days = f"{certificate.end:%Y-%m-%d}", days_left(certificate, now)
    if renews:
        next_step = "the host should have renewed it: inv deploy does it now"
    else:
        next_step = "put a new one at TLS_CERTIFICATE and TLS_KEY, then inv deploy"
    if days < 0:
        return f"The certificate ended on {day}, and browsers refuse the hub; {next_step}."
    if certificate.begin > now:
        begin = f"{certificate.begin:%Y-%m-%d}"
        return f"The certificate is not valid before {begin}: is a clock off?"
    # The host's timer comes by once a day.
    if days < RENEWAL.days - (2 if renews else 0):
        return f"The certificate ends on {day}, in {days} days; {next_step}."
    how = ", renewed by the host itself" if renews else ""
    return f"The certificate{VALID}{day} ({days} days{how})."
