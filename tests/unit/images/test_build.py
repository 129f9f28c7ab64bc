"""The pure parts of a push: what is built, and how a refusal is found in what a build prints."""

from datetime import UTC, datetime
from pathlib import Path

from ops.images.build import Image, build, leave, verdict
from ops.plan.command import run


def image(context: Path) -> Image:
    said = ("agfalta_tools", "6.1.1", "labhub-base", "abc123", "digest")
    return Image("agfalta_tools", "1.2", context, *said, version="1.2")


def test_the_build_carries_labels_and_arguments_and_gets_its_name_last(tmp_path: Path) -> None:
    change = build(image(tmp_path), "/home/op", datetime(2026, 11, 23, 12, tzinfo=UTC))
    (command,) = change.steps
    assert isinstance(command, type(run("x")))
    words = " ".join(command.argv)
    assert "--tag localhost:5000/agfalta_tools:1.2" in words
    assert "--label org.opencontainers.image.revision=abc123" in words
    assert "--label org.opencontainers.image.created=2026-11-23T12:00:00+00:00" in words
    assert "--build-arg VERSION=1.2" in words and "--build-arg BASE_IMAGE=labhub-base" in words
    assert command.argv[-1] == "/home/op/.cache/labhub/build/agfalta_tools/1.2"


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


def test_the_context_becomes_that_of_the_last_tag(tmp_path: Path) -> None:
    made = image(tmp_path)
    last = "/home/op/.cache/labhub/build/agfalta_tools/.last"
    assert list(map(str, leave(made, "/home/op")))[:3] == [
        "docker image rm --no-prune localhost:501/agfalta_tools:1.2",
        f"rm -rf {last}",
        f"mv --no-target-directory /home/op/.cache/labhub/build/agfalta_tools/1.2 {last}",
    ]
