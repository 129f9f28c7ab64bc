"""Ask the registry, at every request anew, which images it holds; what never changes is kept."""

import asyncio
import json
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPResponse

from .catalogue import Catalogue, make_catalogue, references
from .details import Details, DetailsError, config_digest, parse_details

TIMEOUT = 3.0
"""Seconds. A person waits for the page, and the registry stands on the same host."""
DETAILS_TIMEOUT = 1.5
"""Seconds. What is not known by then is left out, and is asked for again by the next page."""
AT_ONCE = 8
KEPT = 1000

_IMAGES = ", ".join(
    (
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.v2+json",
    )
)
_FAILURES = (OSError, HTTPClientError, TimeoutError, ValueError, AttributeError)


class RegistryDownError(Exception):
    """The registry gave no usable answer."""


class Known:
    """Details by their digest, which names them for ever; the last ones asked for are kept."""

    def __init__(self, limit: int = KEPT) -> None:
        self._limit = limit
        self._kept: OrderedDict[str, Details] = OrderedDict()

    def get(self, digest: str) -> Details | None:
        """Return what is known behind a digest."""
        if digest in self._kept:
            self._kept.move_to_end(digest)
        return self._kept.get(digest)

    def keep(self, details: Details) -> Details:
        """Keep details, in the place of those that nobody asked for the longest time."""
        self._kept[details.digest] = details
        while len(self._kept) > self._limit:
            self._kept.popitem(last=False)
        return details


class Registry:
    """The registry, as the hub reaches it."""

    def __init__(self, url: str, first: str, known: Known | None = None) -> None:
        self.url = url
        self.first = first
        self.known = known or Known()
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def catalogue(self) -> Catalogue:
        """Return all images and tags as of now; RegistryDownError where it does not answer."""
        try:
            # More than a lab will ever have: the registry would send longer lists in parts.
            names = (await self._read("_catalog?n=1000")).get("repositories") or []
            tags = await asyncio.gather(*(self._tags(name) for name in names))
        except _FAILURES as error:
            raise RegistryDownError(str(error)) from error
        return make_catalogue(dict(zip(names, tags, strict=True)), self.first)

    async def details(
        self, catalogue: Catalogue, timeout: float = DETAILS_TIMEOUT
    ) -> Mapping[str, Details]:
        """Return what the images say of themselves, by ``image:tag``, as far as it comes in time.

        It is asked which digest each tag has now; what is behind a digest is asked once.
        """
        asked = {
            asyncio.ensure_future(self._details(*reference.rsplit(":", 1))): reference
            for reference in references(catalogue)
        }
        if not asked:
            return {}
        done, late = await asyncio.wait(asked, timeout=timeout)
        for task in late:
            task.cancel()
        answers = {asked[task]: task.result() for task in done}
        return {reference: found for reference, found in answers.items() if found}

    async def _details(self, name: str, tag: str) -> Details | None:
        path = f"{quote(name)}/manifests/"
        try:
            head = await self._fetch(f"{path}{quote(tag)}", method="HEAD")
            digest = head.headers["Docker-Content-Digest"]
            if known := self.known.get(digest):
                return known
            manifest = await self._read(f"{path}{digest}")
            config = await self._read(f"{quote(name)}/blobs/{config_digest(manifest)}")
            return self.known.keep(parse_details(digest, manifest, config))
        # Deleted a moment ago, or no image at all: what it is called is known all the same.
        except (*_FAILURES, KeyError, DetailsError):
            return None

    async def _tags(self, name: str) -> list[str] | None:
        try:
            tags: list[str] | None = (await self._read(f"{quote(name)}/tags/list")).get("tags")
        except HTTPClientError as error:
            # Deleted between the two questions, or emptied for good.
            if error.code == 404:
                return None
            raise
        return tags

    async def _read(self, path: str) -> Any:
        return json.loads((await self._fetch(path)).body)

    async def _fetch(self, path: str, method: str = "GET") -> HTTPResponse:
        async with self._turns:
            return await AsyncHTTPClient().fetch(
                f"{self.url}/v2/{path}",
                method=method,
                headers={"Accept": _IMAGES},
                connect_timeout=TIMEOUT,
                request_timeout=TIMEOUT,
            )
