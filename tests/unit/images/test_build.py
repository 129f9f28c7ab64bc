"""The pure parts of a push: what is built, and how a refusal is found in what a build prints."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from ops.images.build import Image, build, may_have_notes, verdict
from ops.images.context import jupyterhub_version
from ops.plan.command import run

ROOT = Path(__file__).parents[3]


def image(context: Path, tag: str = "1.2") -> Image:
    return Image("agfalta_tools", tag, context, "agfalta_tools", "6.1.1", "debian", "abc123")


def test_the_build_carries_labels_and_arguments_and_gets_its_name_last(tmp_path: Path) -> None:
    change = build(image(tmp_path), "/home/op", datetime(2026, 11, 23, 12, tzinfo=UTC))
    (command,) = change.steps
    assert isinstance(command, type(run("x")))
    words = " ".join(command.argv)
    assert "--tag localhost:5000/agfalta_tools:1.2" in words
    assert "--label org.opencontainers.image.revision=abc123" in words
    assert "--label org.opencontainers.image.created=2026-11-23T12:00:00+00:00" in words
    assert "--build-arg VERSION=1.2" in words
    assert command.argv[-1] == "/home/op/.cache/labhub/build/agfalta_tools-1.2"


def test_equal_inputs_are_the_same_image_and_any_change_is_another(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    before = image(tmp_path).inputs
    assert image(tmp_path).inputs == before
    assert image(tmp_path, "1.3").inputs != before
    (tmp_path / "file").chmod(0o755)
    assert image(tmp_path).inputs != before


def test_the_jupyterhub_version_is_that_of_the_hub() -> None:
    assert jupyterhub_version(ROOT / "compose/hub/requirements.in")[0].isdigit()


def test_the_sentence_of_a_failed_smoke_test_is_found_among_the_noise() -> None:
    printed = [
        "#20 [smoke 1/1] RUN python /run/smoke.py",
        '#20 0.1 + echo "BUILD: not this one"',
        "#20 1.4 SMOKE: the tag is 9.9, but agfalta-tools says 1.2",
        "#20 ERROR: process did not complete",
    ]
    assert verdict(printed) == "the tag is 9.9, but agfalta-tools says 1.2"
    assert verdict(printed[:2]) is None


def test_a_failed_build_brings_its_cause_along() -> None:
    printed = [
        "#8 0.2 something else",
        "#9 0.3 gcc core.c",
        "#9 0.3 BUILD| core.c: fatal error",
        "#8 0.4 meanwhile",
        "#9 0.4 ",
        "#9 0.5 BUILD| no version 9 exists",
        "#9 0.5 BUILD: no wheel",
    ]
    assert verdict(printed) == "no wheel\n    core.c: fatal error\n    no version 9 exists"
    assert verdict(["#9 0.3 adding x", "#9 0.5 BUILD: no extra"]) == "no extra"
    assert verdict(["#9 0.3 uv: no", "#9 0.5 BUILD: fails (see above)"]) == (
        "fails (see above)\n    uv: no"
    )


def test_what_a_build_prints_that_looks_like_a_sentence_is_none() -> None:
    printed = ["#9 0.1 BUILD: shared libs ON", "#9 0.2 gcc: error", "#9 0.3 BUILD: no wheel"]
    assert (verdict(printed) or "").splitlines()[0] == "no wheel"


INSTALL = "#17 [package 2/2] RUN --mount=x  && uv pip install -q --no-deps /wheel/*.whl"


@pytest.mark.parametrize(
    ("printed", "may"),
    [
        ([INSTALL, "#17 DONE 0.8s"], False),
        ([INSTALL, "#17 CACHED"], True),
        ([INSTALL, "#12 CACHED"], False),
        ([INSTALL, "#17 0.7 LOCK: numpy 1.26.4 instead of 2.4.0"], True),
    ],
)
def test_an_image_is_asked_for_notes_where_it_may_have_some(printed: list[str], may: bool) -> None:
    assert may_have_notes(printed) is may
