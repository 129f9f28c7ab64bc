"""Ask the registry, at every request anew, which images it holds."""

import asyncio
import json
import socket
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from tornado.httpclient import AsyncHTTPClient, HTTPClientError
from tornado.netutil import Resolver

from .catalogue import Catalogue, Version, make_catalogue

TIMEOUT = 3.0
"""Seconds. A person waits for the page, and the registry stands on the same host."""
AT_ONCE = 8
"""Questions at the same time: who waits for a turn has not been asked yet, and is not late."""
REMEMBERED = 1000
NOBODY = 599
"""The status by which Tornado says that there was no answer."""

_MANIFESTS = (
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
_labels: dict[str, Mapping[str, str]] = {}
"""What images tell of themselves, by a digest, which stands for one answer for ever."""


class RegistryDownError(Exception):
    """The registry gave no usable answer."""


class _Socket(Resolver):
    """Whatever is asked for is at one socket of this machine."""

    def initialize(self, path: str) -> None:
        self._path = path

    async def resolve(self, host: str, port: int, family: Any = None) -> list[tuple[int, Any]]:
        return [(socket.AF_UNIX, self._path)]


class Registry:
    """The registry, as the hub reaches it: by ``unix://PATH``, or by ``http://``."""

    def __init__(self, url: str, first: str) -> None:
        self.first = first
        self._turn = asyncio.Semaphore(AT_ONCE)
        path = url.removeprefix("unix://")
        resolver = {} if path == url else {"resolver": _Socket(path)}
        self._url = url if path == url else "http://registry"
        self._client = AsyncHTTPClient(force_instance=True, **resolver)

    async def catalogue(self) -> Catalogue:
        """Return all images and tags as of now; RegistryDownError where it does not answer."""
        try:
            return await self._catalogue()
        finally:
            self._client.close()

    async def _catalogue(self) -> Catalogue:
        try:
            # More than a lab will ever have: the registry would send longer lists in parts.
            names = (await self._get("_catalog?n=1000")).get("repositories") or []
            versions = await asyncio.gather(*(self._versions(name) for name in names))
        except (OSError, HTTPClientError, TimeoutError, ValueError, AttributeError) as error:
            raise RegistryDownError(str(error)) from error
        return make_catalogue(dict(zip(names, versions, strict=True)), self.first)

    async def _versions(self, name: str) -> list[Version] | None:
        try:
            tags = (await self._get(f"{quote(name)}/tags/list")).get("tags")
        except HTTPClientError as error:
            # Deleted between the two questions, or emptied for good.
            if error.code == 404:
                return None
            raise
        if not tags:
            return None
        return list(await asyncio.gather(*(self._version(name, tag) for tag in tags)))

    async def _version(self, name: str, tag: str) -> Version:
        try:
            manifest = await self._get(f"{quote(name)}/manifests/{quote(tag)}")
            digest = manifest["config"]["digest"]
            if digest not in _labels:
                said = await self._get(f"{quote(name)}/blobs/{digest}")
                while len(_labels) >= REMEMBERED:
                    del _labels[next(iter(_labels))]
                _labels[digest] = said["config"].get("Labels") or {}
        except HTTPClientError as error:
            if error.code == NOBODY:
                raise
            return Version(tag)
        except (LookupError, TypeError, AttributeError, ValueError):
            # Of an image that is lost in part, or nothing like one, there is its name to show.
            return Version(tag)
        return Version(tag, _labels[digest])

    async def _get(self, path: str) -> Any:
        async with self._turn:
            response = await self._client.fetch(
                f"{self._url}/v2/{path}",
                connect_timeout=TIMEOUT,
                request_timeout=TIMEOUT,
                headers={"Accept": ", ".join(_MANIFESTS)} if "/manifests/" in path else {},
            )
        return json.loads(response.body)
