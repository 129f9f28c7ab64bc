"""The page on which members learn how to trust the lab's own certificate authority."""

import hashlib
import ssl
from pathlib import Path

from jupyterhub.handlers import BaseHandler
from tornado.web import HTTPError

from .shared import FOLDER

FILE = "lab-ca.crt"
"""Written beside the operator's files where `inv deploy` has made such an authority."""


def read_authority(folder: Path = FOLDER) -> str | None:
    """Return the authority's certificate as PEM; None where the hub needs none."""
    try:
        return (folder / FILE).read_text("ascii")
    except (OSError, UnicodeDecodeError):
        return None


def fingerprint(pem: str) -> str:
    """Return the SHA-256 fingerprint, as browsers and systems show it: ``AB:CD:…``."""
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).digest().hex(":").upper()


class TrustHandler(BaseHandler):  # type: ignore[misc]
    """The page; it is reached over plain HTTP too, by who cannot trust the hub yet."""

    async def get(self) -> None:
        """Show the page."""
        page = await self.render_template("trust.html", fingerprint=fingerprint(_authority()))
        self.finish(page)


class AuthorityHandler(BaseHandler):  # type: ignore[misc]
    """The certificate itself, in the type that phones offer to install."""

    def get(self) -> None:
        """Send the file."""
        pem = _authority()
        self.set_header("Content-Type", "application/x-x509-ca-cert")
        self.set_header("Content-Disposition", f'attachment; filename="{FILE}"')
        self.finish(pem)


def _authority() -> str:
    pem = read_authority()
    if pem is None:
        raise HTTPError(404)
    return pem


HANDLERS = [(r"/trust", TrustHandler), (rf"/trust/{FILE}", AuthorityHandler)]
