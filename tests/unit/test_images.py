"""The pure parts of a push: what is built, and how a refusal is found in what a build prints."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ops.errors import OperationError, UsageError
from ops.images.build import build, temporary_images, verdict
from ops.images.offer import Offered, ensure_offered, parse_offered
from ops.images.recipe import (
    OWN,
    Image,
    Wanted,
    prepare,
    read_note,
    require_recipe,
)
from ops.images.registry import Published
from ops.images.space import Disk, estimate, parse_disks, warnings
from ops.remote.command import Shell
from ops.settings.config import Config, parse
from ops.stack.release import jupyterhub_version

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
GIB = 1 << 30


def image(context: Path, tag: str = "1.2", note: str = "") -> Image:
    return Image(
        *("agfalta_tools", tag, context, "agfalta_tools", "6.1.1", "debian", "abc123"),
        common="c0",
        note=note,
    )


def config(**settings: str) -> Config:
    text = "".join(f"{key}={value}\n" for key, value in {"LAB_HOST": "h", **settings}.items())
    return parse(text, ".env", {})


def published(digest: str, *layers: int, **labels: str) -> Published:
    sizes = ", ".join(f'{{"size": {size}}}' for size in layers)
    dotted = {f"labhub.{name}": value for name, value in labels.items()}
    return Published(digest, "type", f'{{"layers": [{sizes}]}}'.encode(), dotted)


def words(step: object) -> str:
    assert isinstance(step, Shell) and step.watches
    return " ".join(step.args)


def test_the_build_carries_labels_and_arguments_and_gets_its_name_last(tmp_path: Path) -> None:
    (command,) = build(image(tmp_path, note="new fit"), "/home/op", NOW).steps
    said = words(command)
    assert "--tag localhost:5000/agfalta_tools:1.2" in said
    assert "--label org.opencontainers.image.revision=abc123" in said
    assert "--label org.opencontainers.image.created=2026-11-23T12:00:00+00:00" in said
    assert "--label labhub.note=new fit" in said
    assert "--build-arg VERSION=1.2" in said
    assert said.endswith(" /home/op/.cache/labhub/build/agfalta_tools-1.2")
    assert "labhub.note" not in words(build(image(tmp_path), "/home/op", NOW).steps[0])


def test_an_own_recipe_is_built_on_the_common_base_and_tested_like_the_others(
    tmp_path: Path,
) -> None:
    (tmp_path / OWN).mkdir()
    gpaw = replace(image(tmp_path, "24.1"), name="gpaw", import_name="")
    base, recipe, tested = map(words, build(gpaw, "/h", NOW).steps)
    base_name, made_name = temporary_images(gpaw)
    assert "--target python" in base and f"--tag {base_name}" in base
    assert f"--build-arg LAB={base_name}" in recipe and recipe.endswith("gpaw-24.1/recipe")
    assert f"--tag {made_name}" in recipe and "--build-arg VERSION=24.1" in recipe
    assert f"--build-arg RECIPE={made_name}" in tested
    assert "--tag localhost:5000/gpaw:24.1" in tested and "localhost:5000" not in base + recipe


def test_equal_inputs_are_the_same_image_and_any_change_is_another(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    before = image(tmp_path).inputs
    assert image(tmp_path).inputs == before
    assert image(tmp_path, "1.3").inputs != before
    (tmp_path / "file").chmod(0o755)
    assert image(tmp_path).inputs != before


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A checkout with an image of its own beside the package's."""
    for path in ("lab-image/Dockerfile", "lab-image/files/entry", "lab-image/gpaw/Dockerfile"):
        file = tmp_path / "root" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"FROM {path}\n")
    hub = tmp_path / "root/compose/hub"
    hub.mkdir(parents=True)
    (hub / "requirements.in").write_text("jupyterhub==6.1.1\n")
    return tmp_path / "root"


def test_an_own_recipe_stands_in_the_package_s_place(root: Path, tmp_path: Path) -> None:
    made = prepare(root, config(), Wanted("gpaw", "24.1"), tmp_path / "to", tmp_path / "cache")
    assert made.has_own_recipe and made.import_name == made.revision == ""
    assert (made.context / OWN / "Dockerfile").read_text() == "FROM lab-image/gpaw/Dockerfile\n"
    assert not (made.context / "gpaw").exists() and (made.context / "files/entry").exists()


def test_one_image_s_recipe_is_no_part_of_another(root: Path, tmp_path: Path) -> None:
    source = config(AGFALTA_TOOLS_SOURCE="pypi:x")

    def made(folder: str) -> Image:
        wanted = Wanted("agfalta_tools", "1.2")
        return prepare(root, source, wanted, tmp_path / folder, tmp_path / "cache")

    before = made("a")
    (root / "lab-image/gpaw/Dockerfile").write_text("FROM another\n")
    assert (made("b").inputs, made("c").common) == (before.inputs, before.common)
    (root / "lab-image/Dockerfile").write_text("FROM another\n")
    assert made("d").inputs != before.inputs and made("e").common != before.common


def test_an_image_that_nobody_describes_is_refused_with_those_that_there_are(root: Path) -> None:
    require_recipe(root, config(), "gpaw")
    require_recipe(root, config(), "agfalta_tools")
    with pytest.raises(UsageError, match=r"agfalta_tools, gpaw\. .*lab-image/gpwa/Dockerfile"):
        require_recipe(root, config(), "gpwa")


@pytest.mark.parametrize("note", ["two\nlines", "x" * 201, "\x1b[31mred", "tab\t"])
def test_a_note_is_one_short_line(note: str) -> None:
    assert read_note(" Dispersion neu gefittet: β=2 'ok' ") == "Dispersion neu gefittet: β=2 'ok'"
    with pytest.raises(UsageError, match="--note"):
        read_note(note)


def test_the_jupyterhub_version_is_that_of_the_hub() -> None:
    assert jupyterhub_version(ROOT / "compose/hub/requirements.in")[0].isdigit()


def test_the_sentence_of_a_failed_smoke_test_is_found_among_the_noise() -> None:
    printed = [
        "#20 [smoke 1/1] RUN python /run/smoke.py",
        '#20 0.1 + echo "BUILD: not this one"',
        '#20 ERROR: process "/bin/sh -c true || { echo \\"SMOKE: nor this one\\"; }" was killed',
        "#20 1.4 SMOKE: the tag is 9.9, but agfalta-tools says 1.2",
        "#20 ERROR: process did not complete",
    ]
    assert verdict(printed) == "the tag is 9.9, but agfalta-tools says 1.2"
    assert verdict(printed[:3]) is None


def test_a_failed_build_brings_its_reason_along() -> None:
    assert verdict(["no version 9 exists", "#9 BUILD: no wheel"]) == (
        "no wheel\n    no version 9 exists"
    )


def test_what_a_push_takes_depends_on_what_is_new(tmp_path: Path) -> None:
    layers = (600_000_000, 50_000_000, 1_000_000, 10_000, 100)
    same = published("d", *layers, common="c0")
    other = published("d", *layers, common="c1")
    assert estimate(image(tmp_path), None) > 2 * GIB
    assert estimate(image(tmp_path), other) > 2 * GIB
    assert estimate(image(tmp_path), same) < GIB / 8


def test_a_push_warns_above_85_percent_and_refuses_at_95() -> None:
    def said(used: int, more: int) -> list[str]:
        return list(warnings([Disk("/", used * GIB, (100 - used) * GIB)], more * GIB, "op@lab"))

    assert said(80, 5) == []
    (sentence,) = said(80, 10)
    assert "(/) would be 90% full" in sentence and "inv prune" in sentence
    with pytest.raises(OperationError, match=r"95% full .* Make room first: inv prune"):
        said(80, 15)
    with pytest.raises(OperationError):
        said(96, 0)


def test_df_is_read_whatever_a_disk_is_called() -> None:
    assert list(parse_disks({"disks": "10 90 /\n5 5 /mnt/big disk"})) == [
        Disk("/", 10, 90),
        Disk("/mnt/big disk", 5, 5),
    ]


_ON_HOST = """[
 {"Name": "/labhub-registry", "State": {"Running": true}},
 {"Id": "sha256:1", "RepoTags": ["localhost:5000/a:1.2", "x:1"],
  "RepoDigests": ["localhost:5000/a@sha256:d"]},
 {"Id": "sha256:2", "RepoTags": ["localhost:5000/a:latest"], "RepoDigests": null}]"""


def test_what_is_on_the_host_and_latest_already_is_left_alone() -> None:
    has = parse_offered({"offered": _ON_HOST, "jupyterhub": "6.1.1"})
    assert has.is_running and has.jupyterhub == "6.1.1"
    now = published("sha256:d", 1)
    assert not list(ensure_offered("a", "1.2", now, now, has))
    assert not list(ensure_offered("a", "1.2", now, now, None))


def test_an_image_is_on_the_host_before_latest_means_it() -> None:
    nothing = parse_offered({"offered": "", "jupyterhub": ""})
    assert nothing == Offered(False, "", {})
    changes = list(ensure_offered("a", "1.2", published("sha256:d", 1), None, nothing))
    assert [change.why for change in changes] == [
        "Bring a:1.2 to the host, where labs start from it",
        "Move a:latest to 1.2",
    ]
    bring, put = changes[1].steps
    assert "docker pull" in str(bring) and "PUT /v2/a/manifests/latest" in str(put)
