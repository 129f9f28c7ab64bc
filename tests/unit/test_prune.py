"""What is not needed any more, from the facts of a host; what is needed stays."""

from dataclasses import replace

import pytest

from ops.errors import FactError
from ops.images.containers import Container
from ops.images.prune import ensure_pruned, old_releases, spared
from ops.images.prune_facts import HostImage, Usage, parse_size, parse_usage
from ops.images.records import Records
from ops.images.storage import Storage
from ops.stack.releases import Release, Releases

REGISTRY = "localhost:5000/tools"
STORAGE = Storage(
    tags={"tools": {"1.2": "d2"}},
    revisions={"tools": frozenset({"d2"})},
    blobs={"d2": 1, "c2": 1},
    documents={"d2": {"config": {"digest": "c2"}}},
)
NOTHING = Usage(STORAGE, (), Records({}, ()), (), 0, Releases("", ()), {})


def image(name: str, *tags: str, digests: tuple[str, ...] = (), alone: int = 100) -> HostImage:
    return HostImage(name, tags, digests, alone)


def sentences(usage: Usage, force: bool = False) -> list[str]:
    return [it.change.why for it in ensure_pruned(usage, force)]


def commands(usage: Usage, force: bool = False) -> list[str]:
    return [str(step) for it in ensure_pruned(usage, force) for step in it.change.steps]


def test_where_all_is_needed_nothing_is_removed() -> None:
    needed = (
        image("c2", f"{REGISTRY}:1.2", "mine:1"),
        image("b", "labhub-base:latest"),
        image("o", "debian:trixie-slim", "postgres:17"),
    )
    assert sentences(replace(NOTHING, images=needed)) == []


def test_images_that_no_tag_means_any_more_leave_the_host() -> None:
    old = image("c1", f"{REGISTRY}:1.1", digests=(f"{REGISTRY}@d1",))
    moved = image("c0", f"{REGISTRY}:1.2")
    dangling = image("c9")
    left = image("x", "labhub-build/gpaw-base:24.1")
    usage = replace(NOTHING, images=(old, moved, dangling, left))
    (freed,) = ensure_pruned(usage)
    assert freed.size == 400
    assert commands(usage) == [
        f"docker image rm --force {REGISTRY}:1.1 {REGISTRY}:1.2 c9 labhub-build/gpaw-base:24.1"
    ]


def test_an_image_of_a_container_stays_and_one_with_a_name_of_others_keeps_that() -> None:
    old = image("c1", f"{REGISTRY}:1.1")
    used = (Container("c1", f"{REGISTRY}:1.1", False, "alice"),)
    assert sentences(replace(NOTHING, images=(old,), containers=used)) == []
    shared = image("c1", f"{REGISTRY}:1.1", "mine:1")
    (freed,) = ensure_pruned(replace(NOTHING, images=(shared,)))
    assert freed.size == 0 and str(freed.change.steps[0]).endswith(f" {REGISTRY}:1.1")


def test_an_engine_that_calls_images_by_their_manifest_is_understood() -> None:
    for known in (
        image("d2", f"{REGISTRY}:1.2"),
        image("i", f"{REGISTRY}:1.2", digests=(f"{REGISTRY}@d2",)),
    ):
        assert sentences(replace(NOTHING, images=(known,))) == []


def test_replaced_images_leave_the_registry_unless_a_record_names_them() -> None:
    replaced = replace(
        STORAGE,
        revisions={"tools": frozenset({"d1", "d2"})},
        blobs={**STORAGE.blobs, "d1": 5, "c1": 5, "left": 7},
        documents={**STORAGE.documents, "d1": {"config": {"digest": "c1"}}},
    )
    usage = replace(NOTHING, storage=replaced)
    assert sentences(usage) == [
        "Collect from the registry what no image needs and 1 image that others have replaced"
    ]
    assert [it.size for it in ensure_pruned(usage)] == [17]
    for name in ("d1", "c1"):
        named = replace(usage, records=Records({name: ("alice",)}, ()))
        assert [it.size for it in ensure_pruned(named)] == [7]
        assert [it.size for it in ensure_pruned(named, force=True)] == [17]
        assert spared(named) == ("tools@d1",)


def test_the_last_copy_of_what_a_record_names_stays_on_the_host() -> None:
    last = image("c1", f"{REGISTRY}:1.1", digests=(f"{REGISTRY}@d1",))
    usage = replace(NOTHING, images=(last,), records=Records({"d1": ("alice",)}, ()))
    assert sentences(usage) == [] and spared(usage) == ("tools@d1",)
    assert len(sentences(usage, force=True)) == 1


def test_the_current_release_and_the_two_before_stay_with_their_images() -> None:
    releases = tuple(
        Release(name, made, 9, frozenset({f"labhub-hub:{name}"}))
        for made, name in reversed(list(enumerate(["aa", "bb", "cc", "dd", "ee"])))
    )
    images = tuple(image(f"i-{it.name}", *it.images) for it in releases)
    usage = replace(NOTHING, releases=Releases("bb", releases), images=images)
    assert [it.name for it in old_releases(usage)] == ["cc", "aa"]
    assert commands(usage) == [
        "docker image rm --force labhub-hub:cc labhub-hub:aa",
        "rm -rf -- /opt/labhub/releases/cc /opt/labhub/releases/aa",
    ]
    assert sentences(replace(usage, releases=Releases("", releases))) == [], (
        "nobody knows which runs"
    )


def test_cache_and_folders_of_lost_pushes_go() -> None:
    usage = replace(NOTHING, cache=2_000_000, builds={"/home/op/.cache/labhub/build/tools-1.2": 5})
    assert commands(usage) == [
        "docker builder prune --force",
        "rm -rf -- /home/op/.cache/labhub/build/tools-1.2",
    ]
    assert sentences(replace(NOTHING, cache=1000)) == [], "some of it is there at once again"


ANSWERS = {
    "storage": "volume",
    "containers": "",
    "records": "#complete",
    "images": '["sha256:aabbccddeeff00",["x:1"],null]\n["sha256:11",[],["y@sha256:2"]]',
    "usage": (
        "image sha256:aabbccddeeff00 1.5GB\nimage 11 12.3kB\ncache false false regular 10MB\n"
        "cache false true regular 1GB\ncache true false exec.cachemount 1GB\n"
        "cache false false internal 1GB\ncache false false source.local 0B"
    ),
    "releases": "bb\naa 12 300 80 6.1.1 yes labhub-hub:1 labhub-proxy:2\nbb 13 400 8000 ? no",
    "builds": "/home/op/.cache/labhub/build\n4096\ttools-1.2/",
}


def test_facts_are_read_as_the_host_says_them() -> None:
    usage = parse_usage(ANSWERS)
    assert usage.images == (
        HostImage("sha256:aabbccddeeff00", ("x:1",), (), 1_500_000_000),
        HostImage("sha256:11", (), ("y@sha256:2",), 12_300),
    )
    assert usage.cache == 10_000_000
    assert usage.releases.current == "bb"
    assert [it.name for it in usage.releases.all] == ["bb", "aa"]
    images = frozenset({"labhub-hub:1", "labhub-proxy:2"})
    assert usage.releases.all[1] == Release("aa", 12, 300, images, 80, "6.1.1", True)
    assert usage.builds == {"/home/op/.cache/labhub/build/tools-1.2": 4096}
    assert parse_usage({**ANSWERS, "builds": "", "releases": "", "usage": ""}).builds == {}


def test_sizes_are_read_as_the_engine_prints_them() -> None:
    assert parse_size("0B") == 0 and parse_size("77.8MB") == 77_800_000
    assert parse_size("1.00e+03MB") == 1_000_000_000
    with pytest.raises(FactError):
        parse_size("a lot")
