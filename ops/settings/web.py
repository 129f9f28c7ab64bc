"""`HUB_URL`: where members find the hub, and with it whether the way there is encrypted."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address, ip_network

from ops.settings.rules import RuleError

FORM = "should be like https://lab.example.org, or http:// for a hub without encryption"
_LABEL = r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_URL = re.compile(r"(https?)://(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_.-]+)(?::(\d{1,5}))?/?", re.ASCII)
_LOOPBACK = ip_network("127.0.0.0/8"), ip_network("::1")


@dataclass(frozen=True)
class Address:
    """The parts of `HUB_URL`; an IPv6 address stands without its brackets."""

    is_https: bool
    host: str
    port: int
    is_ip: bool

    @property
    def is_loopback(self) -> bool:
        """Whether nothing that is sent there ever crosses a network."""
        if not self.is_ip:
            return self.host == "localhost"
        found = ip_address(self.host)
        return any(found in network for network in _LOOPBACK)

    @property
    def alternative_name(self) -> str:
        """Return the name as a certificate says it: ``DNS:lab.example.org`` or ``IP:10.0.0.5``."""
        return f"{'IP' if self.is_ip else 'DNS'}:{self.host}"


def parse_address(url: str) -> Address:
    """Read a URL that names a host, and perhaps a port.

    :raises RuleError: where it is none.
    """
    found = _URL.fullmatch(url)
    if not found:
        raise RuleError(FORM)
    is_https, host = found[1] == "https", found[2].lower()
    port = int(found[3] or (443 if is_https else 80))
    if not 0 < port < 65536:
        raise RuleError("should name a port from 1 to 65535")
    if host[0] == "[" or re.fullmatch(r"[\d.]+", host):
        try:
            return Address(is_https, str(ip_address(host.strip("[]"))), port, is_ip=True)
        except ValueError as error:
            raise RuleError(f"should name a host or its address; {host} is neither") from error
    if not re.fullmatch(rf"{_LABEL}(\.{_LABEL})*", host) or len(host) > 253:
        raise RuleError(f"should name a host; {host} is no host's name")
    return Address(is_https, host, port, is_ip=False)


def is_https(url: str | None) -> bool:
    """Tell whether the way to a hub is encrypted."""
    return bool(url) and parse_address(str(url)).is_https


def web_url(value: str) -> str:
    """Check a URL, and write it as it is printed and compared."""
    parse_address(value)
    return value.rstrip("/")


def contradictions(values: Mapping[str, object]) -> list[str]:
    """Say what is wrong between the keys; those that were refused are not among the values."""
    if "HUB_URL" not in values:
        return []
    url, problems = values["HUB_URL"], []
    address = parse_address(str(url)) if url else None
    files = {key: values[key] for key in ("TLS_CERTIFICATE", "TLS_KEY") if key in values}
    given = [key for key, file in files.items() if file]
    if address is None or not address.is_https:
        problems += [
            f"{key}: is of no use without HUB_URL=https://…; take it out, or change HUB_URL"
            for key in given
        ]
    elif len(given) == 1 and len(files) == 2:
        missing = next(key for key in files if key not in given)
        problems.append(f"{missing}: is missing, {given[0]} alone is of no use")
    if address and address.is_https and values.get("HUB_PORT") == address.port:
        problems.append(
            f"HUB_PORT: {address.port} is the port of HUB_URL as well; plain HTTP, which leads "
            "there, needs another, such as 80"
        )
    return problems
