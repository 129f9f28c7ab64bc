"""What the registry's manifests and configurations say: asked at once, kept, never waited for."""

import asyncio
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests
from labhub.details import Details, DetailsError, config_digest, parse_details
from labhub.registry import Known, Registry
from tornado.httpclient import AsyncHTTPClient

from tests.registry import publish, running_registry

OCI = "org.opencontainers.image"
MANIFEST = {"config": {"digest": "sha256:c"}, "layers": [{"size": 3}, {"size": 4}]}


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    with running_registry(tmp_path) as url:
        yield url


def labels(day: int, note: str = "") -> dict[str, str]:
    return {
        f"{OCI}.created": f"2026-06-{day:02}T10:00:00+02:00",
        f"{OCI}.revision": f"{day:040x}",
        "labhub.note": note,
    }


def look(url: str, known: Known) -> dict[str, Details]:
    """Read the catalogue and its details, as one page does."""

    async def run() -> dict[str, Details]:
        registry = Registry(url, "agfalta_tools", known)
        return dict(await registry.details(await registry.catalogue()))

    return asyncio.run(run())


@pytest.fixture
def requested(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is asked of the registry from now on."""
    asked: list[str] = []
    fetch = AsyncHTTPClient.fetch

    def note(self: AsyncHTTPClient, request: str, *args: Any, **kwargs: Any) -> Any:
        asked.append(f"{kwargs['method']} {request.partition('/v2/')[2]}")
        return fetch(self, request, *args, **kwargs)

    monkeypatch.setattr(AsyncHTTPClient, "fetch", note)
    return asked


def test_details_come_from_manifest_and_configuration(url: str) -> None:
    publish(url, "agfalta_tools", "1.2", labels(22, "new fit"), b"x" * 1000)
    publish(url, "group/gpaw", "24.1", {}, b"y")
    found = look(url, Known())
    details = found["agfalta_tools:1.2"]
    assert details.size == 1000 and details.note == "new fit"
    assert details.created == datetime(2026, 6, 22, 8, tzinfo=UTC)
    assert details.commit == "0" * 8
    assert found["group/gpaw:24.1"].created is None


def test_what_is_behind_a_digest_is_asked_once_and_a_moved_tag_is_seen(
    url: str, requested: list[str]
) -> None:
    known = Known()
    publish(url, "agfalta_tools", "1.2", labels(22))
    publish(url, "agfalta_tools", "latest", labels(22))
    look(url, known)
    requested.clear()
    look(url, known)
    assert [it for it in requested if "sha256:" in it] == []
    publish(url, "agfalta_tools", "latest", labels(23, "replaced"))
    assert look(url, known)["agfalta_tools:latest"].note == "replaced"
    assert look(url, known)["agfalta_tools:1.2"].note == ""


def test_the_page_is_fast_with_thirty_tags(url: str) -> None:
    for day in range(1, 31):
        publish(url, "agfalta_tools", f"1.{day}", labels(day, "note"))
    known = Known()
    times = []
    for _ in range(3):
        began = time.perf_counter()
        found = look(url, known)
        times.append(time.perf_counter() - began)
        assert len(found) == 30
    print(f"30 tags: first {times[0]:.3f} s, then {min(times[1:]):.3f} s")
    assert times[0] < 1.5 and min(times[1:]) < 0.5


def test_what_does_not_come_in_time_is_left_out_and_the_rest_is_shown(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(url, "agfalta_tools", "1.1", labels(1))
    publish(url, "agfalta_tools", "1.2", labels(2))
    fetch = Registry._fetch

    async def slow(self: Registry, path: str, method: str = "GET") -> Any:
        if path.endswith("manifests/1.2"):
            await asyncio.sleep(60)
        return await fetch(self, path, method)

    monkeypatch.setattr(Registry, "_fetch", slow)

    async def run() -> dict[str, Details]:
        registry = Registry(url, "agfalta_tools")
        return dict(await registry.details(await registry.catalogue(), timeout=0.5))

    began = time.monotonic()
    assert list(asyncio.run(run())) == ["agfalta_tools:1.1"]
    assert time.monotonic() - began < 2


def test_what_is_no_image_is_shown_without_details(url: str) -> None:
    publish(url, "agfalta_tools", "1.2", labels(2))
    kind = "application/vnd.oci.image.index.v1+json"
    index = {"schemaVersion": 2, "mediaType": kind, "manifests": []}
    requests.put(
        f"{url}/v2/agfalta_tools/manifests/odd",
        data=json.dumps(index),
        headers={"Content-Type": kind},
        timeout=5,
    ).raise_for_status()
    assert list(look(url, Known())) == ["agfalta_tools:1.2"]


def test_only_so_many_are_kept_the_longest_unasked_goes_first() -> None:
    known = Known(limit=2)
    for digest in ("a", "b"):
        known.keep(Details(digest, 1))
    known.get("a")
    known.keep(Details("c", 1))
    assert known.get("b") is None
    assert known.get("a") and known.get("c")


@pytest.mark.parametrize("manifest", [None, [], {}, {"config": None}, {"config": {}}])
def test_a_manifest_of_another_form_is_one_kind_of_error(manifest: object) -> None:
    with pytest.raises(DetailsError):
        config_digest(manifest)


@pytest.mark.parametrize(
    "config",
    [{}, {"config": {"Labels": None}}, {"created": "yesterday"}, {"config": {"Labels": {}}}],
)
def test_an_image_that_says_nothing_has_its_size_alone(config: object) -> None:
    assert parse_details("d", MANIFEST, config) == Details("d", 7)


@pytest.mark.parametrize("config", [None, [], {"config": None}, {"config": {"Labels": 5}}])
def test_a_configuration_of_another_form_is_one_kind_of_error(config: object) -> None:
    with pytest.raises(DetailsError):
        parse_details("d", MANIFEST, config)


def test_without_a_label_the_image_s_own_time_holds() -> None:
    found = parse_details("d", MANIFEST, {"created": "2026-06-22T10:00:00.123456789Z"})
    assert found.created == datetime(2026, 6, 22, 10, 0, 0, 123456, tzinfo=UTC)
