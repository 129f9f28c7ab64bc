"""Which tags and images go, what `latest` means then, and when a removal is refused."""

from dataclasses import replace

import pytest

from ops.errors import OperationError, UsageError
from ops.images.containers import Container, parse_containers
from ops.images.labels import ensure_label, parse_labels, read_label, read_tags, write
from ops.images.listing import cells, rows, summary
from ops.images.records import Records
from ops.images.removal import Removal, Shelf, ensure_removed, plan_removal, remaining
from ops.images.storage import Storage

NOBODY = Records({}, ())


def storage(**tags: str) -> Storage:
    """Make a registry with `tools` at these tags; each digest is an image of its own."""
    digests = {*tags.values()}
    label = {"org.opencontainers.image.created": "2026-11-23T12:00:00+00:00", "labhub.note": "n"}
    documents = {
        digest: {"config": {"digest": f"c-{digest}"}, "layers": [{"digest": "base"}]}
        for digest in digests
    } | {f"c-{digest}": {"config": {"Labels": label}} for digest in digests}
    sizes = {"base": 1000} | dict.fromkeys(documents, 10)
    named = {tag.removeprefix("v").replace("_", "."): digest for tag, digest in tags.items()}
    return Storage({"tools": named}, {"tools": frozenset(digests)}, sizes, documents)


def shelf(**tags: str) -> Shelf:
    return Shelf(storage(**tags), {}, (), NOBODY)


def sentences(removal: Removal, of: Shelf, force: bool = False) -> list[str]:
    return [change.why for change in ensure_removed(removal, of, force)]


def test_a_tag_goes_with_what_only_it_needs() -> None:
    it = shelf(v1_0="a", v1_1="b", latest="b")
    removal = plan_removal("tools", ["1.0"], it)
    assert [version.digest for version in removal.gone] == ["a"]
    assert sentences(removal, it) == ["Remove tools:1.0 from the registry, 20 bytes"]
    assert remaining(removal, it.storage).tags["tools"] == {"1.1": "b", "latest": "b"}


def test_a_tag_that_is_not_there_is_nothing_to_do() -> None:
    it = shelf(v1_0="a")
    assert sentences(plan_removal("tools", ["9"], it), it) == []
    assert sentences(plan_removal("other", ["9"], it), it) == []


def test_what_an_interrupted_removal_left_is_collected() -> None:
    it = shelf(v1_0="a")
    it = replace(it, storage=replace(it.storage, blobs={**it.storage.blobs, "left": 7}))
    assert sentences(plan_removal("tools", ["0.9"], it), it) == [
        "Collect what no tag needs, 7 bytes"
    ]


def test_latest_goes_to_the_newest_that_stays() -> None:
    it = shelf(v1_9="a", v1_10="b", v1_11="c", latest="c")
    removal = plan_removal("tools", ["1.11"], it)
    assert removal.latest == "1.10" and removal.tags == ("1.11",)
    assert sentences(removal, it)[0] == "Move tools:latest to 1.10"
    assert remaining(removal, it.storage).tags["tools"]["latest"] == "b"
    marked = replace(it, labels={"tools:1.10": "testing"})
    assert plan_removal("tools", ["1.11"], marked).latest == "1.9"


def test_latest_stays_where_its_image_has_another_tag_and_goes_with_the_last() -> None:
    it = shelf(v1_0="a", v1_0_0="a", latest="a")
    assert plan_removal("tools", ["1.0"], it) == Removal("tools", ("1.0",), (), None)
    removal = plan_removal("tools", ["1.0", "1.0.0"], it)
    assert removal.tags == ("1.0", "1.0.0", "latest") and len(removal.gone) == 1
    assert plan_removal("tools", ["latest"], it).gone == ()


def lab(image: str, reference: str = "x", running: bool = True) -> Container:
    return Container(image, reference, running, "alice")


def test_what_somebody_runs_stays_unless_forced() -> None:
    it = shelf(v1_0="a", v1_1="b")
    removal = plan_removal("tools", ["1.0"], it)
    for image in ("c-a", "a"):
        used = replace(it, containers=(lab(image),))
        with pytest.raises(OperationError, match=r"it runs in the lab of alice\.\n--force"):
            sentences(removal, used)
        assert sentences(removal, used, force=True)
    assert sentences(removal, replace(it, containers=(lab("c-a", running=False), lab("c-b"))))


def test_a_tag_by_which_a_lab_runs_stays_though_its_image_has_another() -> None:
    it = shelf(v1_0="a", v1_0_0="a")
    used = replace(it, containers=(lab("c-a", "localhost:5000/tools:1.0"),))
    with pytest.raises(OperationError, match="alice"):
        sentences(plan_removal("tools", ["1.0"], used), used)
    assert sentences(plan_removal("tools", ["1.0.0"], used), used)


def test_what_a_record_names_stays_unless_forced() -> None:
    it = shelf(v1_0="a", v1_1="b")
    removal = plan_removal("tools", ["1.0"], it)
    for records in (Records({"a": ("bob", "eve")}, ()), Records({}, ("bob", "eve"))):
        named = replace(it, records=records)
        with pytest.raises(OperationError, match=r"bob and eve worked with it.*sessions\.jsonl"):
            sentences(removal, named)
        assert sentences(removal, named, force=True)
    assert sentences(removal, replace(it, records=Records({"b": ("bob",)}, ())))


def test_a_label_goes_with_its_tag() -> None:
    it = replace(shelf(v1_0="a", v1_1="b"), labels={"tools:1.0": "stable", "tools:1.1": "testing"})
    (change,) = ensure_removed(plan_removal("tools", ["1.0"], it), it)
    assert change.steps[0] == write({"tools:1.1": "testing"})


def test_labels_are_put_on_changed_and_taken_back() -> None:
    has = storage(v1_0="a", v1_1="b")
    (change,) = ensure_label("tools", ["1.0"], "testing", has, {"tools:1.1": "stable"})
    assert change.why == "Label tools:1.0 testing"
    assert change.steps == (write({"tools:1.0": "testing", "tools:1.1": "stable"}),)
    assert not list(ensure_label("tools", ["1.1"], "stable", has, {"tools:1.1": "stable"}))
    (change,) = ensure_label("tools", ["1.1"], None, has, {"tools:1.1": "stable"})
    assert change.steps == (write({}),)
    assert not list(ensure_label("tools", ["1.0"], None, has, {}))
    with pytest.raises(OperationError, match=r"tools:1\.2 is not in the registry; nearest: 1\.1"):
        list(ensure_label("tools", ["1.2"], "stable", has, {}))
    with pytest.raises(OperationError, match="no gpaw in the registry"):
        list(ensure_label("gpaw", ["1.2"], "stable", has, {}))


def test_the_file_of_labels_is_what_the_hub_reads() -> None:
    text = str(write({"tools:1.2": "stable"}).content)
    assert parse_labels({"labels": text}) == {"tools:1.2": "stable"}
    for damaged in ("", "{", "[]", '{"a": 1}', '{"a": {}}'):
        assert parse_labels({"labels": damaged}) == {}


def test_tags_and_labels_of_the_command_line_are_checked_before_any_connection() -> None:
    assert read_tags(["1.0", "1.1", "1.0"]) == ("1.0", "1.1")
    assert read_label(["1.0"], "stable") == "stable"
    assert read_label(["1.0"], "none") is None
    for wrong in ([], ["../x"], ["1.0", ""]):
        with pytest.raises(UsageError):
            read_tags(wrong)
    with pytest.raises(UsageError, match="stable, testing, deprecated or none"):
        read_label(["1.0"], "good")
    with pytest.raises(UsageError, match="latest"):
        read_label(["latest"], "stable")


def test_the_table_has_a_line_for_each_image_newest_first() -> None:
    has = storage(v1_9="a", v1_10="b", latest="b", nightly="d")
    labels = {"tools:1.10": "testing"}
    found = list(rows(has, labels, (lab("c-b"), lab("c-a", running=False)), "tools"))
    assert [row.tags for row in found] == [("1.10", "latest"), ("1.9",), ("nightly",)]
    assert found[0].members == ("alice",) and found[0].labels == {"1.10": "testing"}
    assert (found[0].size, found[0].alone, found[0].note) == (1020, 20, "n")
    assert cells(found[0])[1] == "1.10, latest" and cells(found[0])[6:] == ("testing", "n", "alice")
    assert "3 images" in summary(has) and "1.1 kB" in summary(has)
    lost = replace(has, blobs={k: v for k, v in has.blobs.items() if k != "base"})
    assert "1 part LOST" in cells(next(rows(lost, {}, (), "tools")))


def test_containers_are_read_with_and_without_a_member() -> None:
    said = (
        'sha256:1 localhost:5000/tools:1.2 running ["100"] alice',
        "sha256:2 hub:1 running null ",
        "sha256:3 x exited null bob",
    )
    assert parse_containers({"containers": "\n".join(said)}) == (
        Container("sha256:1", "localhost:5000/tools:1.2", True, "alice", frozenset({100})),
        Container("sha256:2", "hub:1", True, None),
        Container("sha256:3", "x", False, "bob"),
    )
