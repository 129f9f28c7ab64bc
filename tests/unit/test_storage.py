"""What is in the registry is read from its files, by a real bash, and what belongs to what."""

import subprocess
from pathlib import Path

import pytest

from ops.errors import OperationError
from ops.images.collect import check_proof, collect, parts_of
from ops.images.storage import STORAGE, Storage, parse_storage
from ops.remote.command import Shell
from tests.unit.storage_tree import Tree

BASE, SMALL = b"\x1f\x8b" + b"x" * 9998, b"\x1f\x8b{" + b"1" * 97


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(tmp_path / "volume")


def read(tree: Tree) -> Storage:
    volume = tree.root.parents[2]
    volume.mkdir(exist_ok=True)
    script = STORAGE.script.replace(
        "/var/lib/docker/volumes/labhub-registry-data/_data", str(volume)
    )
    done = subprocess.run(
        ["bash", "-c", f"export LC_ALL=C.UTF-8\n{script}"], capture_output=True, check=False
    )
    return parse_storage({"storage": done.stdout.decode(errors="replace").strip("\n")})


def test_tags_images_and_labels_are_read_from_the_registry_s_files(tree: Tree) -> None:
    old = tree.push("tools", layers=(BASE, b"old"))
    digest = tree.push("tools", "1.2", "latest", layers=(BASE, SMALL), note='"new"\nfit ü')
    gpaw = tree.push("group/gpaw", "index", layers=(BASE,))
    storage = read(tree)
    assert storage.tags == {
        "tools": {"1.2": digest, "latest": digest},
        "group/gpaw": {"index": gpaw},
    }
    assert storage.revisions["tools"] == {old, digest}
    by_digest = {it.digest: it for it in storage.versions}
    assert sorted(by_digest[digest].tags) == ["1.2", "latest"] and by_digest[old].tags == ()
    assert by_digest[digest].labels == {"labhub.note": '"new"\nfit ü'}
    assert by_digest[digest].ids == (by_digest[digest].config, digest)


def test_shared_layers_are_counted_once(tree: Tree) -> None:
    one = tree.push("tools", "1.0", layers=(BASE, b"one"), v="1.0")
    tree.push("tools", "1.1", layers=(BASE, b"two"), v="1.1")
    storage = read(tree)
    (version,) = [it for it in storage.versions if it.digest == one]
    alone = storage.alone([version])
    assert tree.blob(BASE) not in alone and tree.blob(b"one") in alone and one in alone
    assert storage.size(alone) < 1000 < len(BASE) < storage.size(storage.needed_by([one]))
    assert storage.size(storage.blobs) < 2 * len(BASE)
    assert not storage.garbage


def test_what_no_image_needs_is_garbage(tree: Tree) -> None:
    tree.push("tools", "1.0", layers=(BASE,))
    left = tree.blob(b"of a push that was broken off")
    assert read(tree).garbage == {left}


def test_a_manifest_of_several_is_one_image_with_all_its_parts(tree: Tree) -> None:
    part = tree.push("tools", layers=(BASE,))
    index = tree.manifest("tools", {"manifests": [{"digest": part}]}, "1.0")
    storage = read(tree)
    assert [it.digest for it in storage.versions] == [index]
    assert {index, part, tree.blob(BASE)} < storage.needed_by([index])
    paths = parts_of(storage)
    assert f"tools/manifests/{part}" in paths and f"tools/blobs/{tree.blob(BASE)}" in paths


def test_a_damaged_registry_is_read_all_the_same(tree: Tree) -> None:
    digest = tree.push("tools", "1.0", layers=(BASE,))
    tree.path(digest).write_bytes(b"")
    (version,) = read(tree).versions
    assert version.digest == digest and version.labels == {}
    tree.path(digest).unlink()
    assert [it.digest for it in read(tree).versions] == [digest]


def test_a_host_without_a_registry_is_told_so_and_an_empty_one_is_empty(tree: Tree) -> None:
    with pytest.raises(OperationError, match="first  inv deploy"):
        parse_storage({"storage": ""})
    assert read(tree) == Storage({}, {}, {}, {})


def removed(step: Shell) -> tuple[str, ...]:
    return step.args


def test_an_image_goes_with_its_last_tag_and_a_repository_with_its_last_image(tree: Tree) -> None:
    one = tree.push("tools", "1.0", layers=(BASE,), v="1.0")
    tree.push("tools", "1.1", layers=(BASE,), v="1.1")
    tree.push("tools/cuda", "1", layers=(BASE,))
    storage = read(tree)
    gone = [it for it in storage.versions if it.digest == one]
    assert removed(collect(storage, [("tools", "1.0")], gone)) == (
        "tools/_manifests/tags/1.0",
        f"tools/_manifests/revisions/{one.replace(':', '/')}",
    )
    both = [it for it in storage.versions if it.image == "tools"]
    assert removed(collect(storage, [("tools", "1.0"), ("tools", "1.1")], both)) == (
        *("tools/_manifests/tags/1.0", "tools/_manifests/tags/1.1"),
        *("tools/_manifests", "tools/_layers", "tools/_uploads"),
    )
    assert removed(collect(storage, [("tools", "1.0")], [])) == ("tools/_manifests/tags/1.0",)


def test_every_part_of_every_tag_is_asked_for_once(tree: Tree) -> None:
    digest = tree.push("tools", "1.0", "latest", layers=(BASE,))
    paths = parts_of(read(tree))
    assert len(set(paths)) == len(paths) == 4
    assert {"tools/manifests/1.0", "tools/manifests/latest"} < set(paths)
    assert f"tools/manifests/{digest}" not in paths, "by its tags"


def test_the_proof_names_what_is_lost() -> None:
    assert check_proof({"proof": "200 a/manifests/1.0\n200 a/blobs/x\n200 "}) == 2
    assert check_proof({"proof": "200 "}) == 0
    with pytest.raises(OperationError, match=r"has lost:\n  a/blobs/x$"):
        check_proof({"proof": "200 a/manifests/1.0\n404 a/blobs/x\n200 "})
    for silent in ("", " a/manifests/1.0\n ", "200 a/manifests/1.0\n "):
        with pytest.raises(OperationError, match="inv deploy"):
            check_proof({"proof": silent})
