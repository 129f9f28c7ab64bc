"""What the lab image is built from, and what makes two of them the same."""

from dataclasses import replace
from pathlib import Path

import pytest

from ops.images.build import Image
from ops.images.context import jupyterhub_version, prepare
from ops.images.wanted import Wanted
from ops.settings.config import Config, parse
from tests.sample import make_sample

ROOT = Path(__file__).parents[3]


@pytest.fixture
def config(tmp_path: Path) -> Config:
    sample = make_sample(tmp_path / "agfalta_tools")
    settings = f"LAB_HOST=lab\nAGFALTA_TOOLS_SOURCE={sample}\n"
    return parse(settings, ".env", {}, tmp_path / "site")


def made(config: Config, folder: Path, tag: str = "1.2", root: Path = ROOT) -> Image:
    return prepare(root, config, Wanted(tag), folder / "made", folder / "cache")


def site(config: Config, name: str, text: str) -> None:
    config.site.mkdir(exist_ok=True)
    (config.site / name).write_text(text)


def test_the_context_is_the_recipe_the_lists_and_the_package(
    config: Config, tmp_path: Path
) -> None:
    site(config, "packages.txt", "# ours\ngnuplot-nox\n")
    context = made(config, tmp_path).context
    assert (context / "Dockerfile").read_text() == (ROOT / "lab-image/Dockerfile").read_text()
    assert (context / "site/packages.txt").read_text() == "gnuplot-nox\n"
    assert (context / "site/requirements.in").read_text() == ""
    assert (context / "source/pyproject.toml").is_file()


def test_equal_inputs_are_the_same_image_and_any_change_is_another(
    config: Config, tmp_path: Path
) -> None:
    first = made(config, tmp_path / "1").inputs
    site(config, "requirements.in", "# nothing yet\n")
    assert made(config, tmp_path / "2").inputs == first
    seen = {first, made(config, tmp_path / "3", "1.1").inputs}
    others = (
        replace(config, agfalta_tools_import="other"),
        replace(config, lab_base_image="debian:bookworm-slim"),
        replace(config, agfalta_tools_source=f"{config.agfalta_tools_source}[extra]"),
    )
    for number, other in enumerate(others):
        seen.add(made(other, tmp_path / f"other{number}").inputs)
    site(config, "requirements.in", "lmfit\n")
    seen.add(made(config, tmp_path / "4").inputs)
    assert len(seen) == 6


def test_the_base_of_labs_is_that_of_all_where_they_are_the_same(
    config: Config, tmp_path: Path
) -> None:
    assert made(config, tmp_path / "1").base == "labhub-base"
    other = replace(config, lab_base_image="debian:bookworm-slim")
    assert made(other, tmp_path / "2").base == "labhub-lab-base"


def test_the_jupyterhub_version_is_that_of_the_hub() -> None:
    assert jupyterhub_version(ROOT / "compose/hub/requirements.in")[0].isdigit()
