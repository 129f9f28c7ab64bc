"""What the documents say is what the code does."""

import re
from pathlib import Path

import pytest
from invoke import Collection

from ops.images.context import jupyterhub_version
from ops.settings.config import RULES

with pytest.MonkeyPatch.context() as patch:
    # Ctrl-C belongs to pytest here.
    patch.setattr("ops.interrupts.install", lambda: None)
    from tasks import namespace

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


def test_the_readme_lists_every_key_with_its_default() -> None:
    rows = dict(re.findall(r"^\| `([A-Z_]+)` \| [^|]*\|([^|]*)\|$", README, re.MULTILINE))
    assert list(rows) == list(RULES)
    for key, rule in RULES.items():
        if rule.default:
            assert rows[key].strip() == f"`{rule.default}`", key


def test_every_task_that_a_document_names_exists() -> None:
    names = set(names_of(namespace))
    for path in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *ROOT.glob("docs/*.md")]:
        for task in re.findall(r"\binv ([a-z][a-z.-]*)", path.read_text()):
            assert task in names, f"{path.name} names inv {task}"


def names_of(collection: Collection) -> list[str]:
    return [*collection.task_names, *(a for names in collection.task_names.values() for a in names)]


def test_every_local_link_leads_somewhere() -> None:
    for path in [ROOT / "README.md", *ROOT.glob("docs/*.md")]:
        for target in re.findall(r"\]\(([^)#]+)\)", path.read_text()):
            if "://" not in target:
                assert (path.parent / target).exists(), f"{path.name} links to {target}"


@pytest.mark.parametrize("folder", [".", "compose/hub", "lab-image"])
def test_a_lock_tells_nothing_of_the_machine_that_made_it(folder: str) -> None:
    assert not re.search(r"-[rc] /", (ROOT / folder / "requirements.lock").read_text())


def test_the_jupyterhub_version_is_written_once() -> None:
    version = jupyterhub_version(ROOT / "compose/hub/requirements.in")
    for lock in ("compose/hub/requirements.lock", "lab-image/requirements.lock"):
        assert f"jupyterhub=={version} " in (ROOT / lock).read_text(), lock
