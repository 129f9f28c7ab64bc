"""Ask the registry, at every request anew, which images it holds."""

import asyncio
import json
from typing import Any
from urllib.parse import quote

from tornado.httpclient import AsyncHTTPClient, HTTPClientError

from .catalogue import Catalogue, make_catalogue

TIMEOUT = 3.0
"""Seconds. A person waits for the page, and the registry stands on the same host."""


class RegistryDownError(Exception):
    """The registry gave no usable answer."""


class Registry:
    """The registry, as the hub reaches it."""

    def __init__(self, url: str, first: str) -> None:
        self.url = url
        self.first = first

    async def catalogue(self) -> Catalogue:
        """Return all images and tags as of now; RegistryDownError where it does not answer."""
        try:
            # More than a lab will ever have: the registry would send longer lists in parts.
            names = (await self._get("_catalog?n=1000")).get("repositories") or []
            tags = await asyncio.gather(*(self._tags(name) for name in names))
        except (OSError, HTTPClientError, TimeoutError, ValueError, AttributeError) as error:
            raise RegistryDownError(str(error)) from error
        return make_catalogue(dict(zip(names, tags, strict=True)), self.first)

    async def _tags(self, name: str) -> list[str] | None:
        try:
            tags: list[str] | None = (await self._get(f"{quote(name)}/tags/list")).get("tags")
        except HTTPClientError as error:
            # Deleted between the two questions, or emptied for good.
            if error.code == 404:
                return None
            raise
        return tags

    async def _get(self, path: str) -> Any:
        response = await AsyncHTTPClient().fetch(
            f"{self.url}/v2/{path}", connect_timeout=TIMEOUT, request_timeout=TIMEOUT
        )
        return json.loads(response.body)
