"""What the operator is told of the hub's encryption at the end of a deploy."""

from collections.abc import Iterator
from datetime import datetime

from ops.errors import ConfigError
from ops.remote.framing import Answers
from ops.settings.config import Config
from ops.settings.web import Address, parse_address
from ops.tls.certificate import VALID, describe_end
from ops.tls.facts import Served, parse_served


def require_choice(config: Config) -> Address:
    """Return where the hub is to be found.

    :raises ConfigError: where `.env` does not say it, and with it whether it is encrypted.
    """
    if config.hub_url:
        return parse_address(config.hub_url)
    raise ConfigError(
        "HUB_URL: is missing. Say where members find the hub: HUB_URL=https://lab.example.org with "
        "the host's name (a certificate is made for it), or http://… where passwords may cross "
        "the network readable"
    )


def last_words(config: Config, answers: Answers, now: datetime) -> Iterator[tuple[str, str | None]]:
    """Yield sentences with their style, for the end of a deploy."""
    address = require_choice(config)
    if address.is_https:
        yield from _of_https(config, parse_served(answers), now)
    elif not address.is_loopback:
        yield (
            "Passwords cross the network readable: HUB_URL begins with http://. With "
            f"HUB_URL=https://{address.host} inv deploy makes a certificate (docs/https.md).",
            "yellow",
        )


def _of_https(config: Config, served: Served, now: datetime) -> Iterator[tuple[str, str | None]]:
    if served.certificate:
        renews = config.tls_certificate is None
        said = describe_end(served.certificate, now, renews=renews)
        yield said, None if VALID in said else "yellow"
    if served.authority:
        yield f"Members trust it once, by {trust_page(config)}. Tell them its fingerprint:", None
        yield f"  {served.authority.fingerprint}", None


def trust_page(config: Config) -> str:
    """Return where members get the lab's authority, over plain HTTP: they do not trust it yet."""
    address = require_choice(config)
    host = f"[{address.host}]" if ":" in address.host else address.host
    return f"http://{host}{'' if config.hub_port == 80 else f':{config.hub_port}'}/trust"
