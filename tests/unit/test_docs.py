"""What the documents say is what the code does."""

import re
from pathlib import Path

from invoke import Collection

from ops.settings.config import RULES
from ops.stack.release import jupyterhub_version
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


def test_the_jupyterhub_version_is_written_once() -> None:
    version = jupyterhub_version(ROOT / "compose/hub/requirements.in")
    for lock in ("compose/hub/requirements.lock", "lab-image/requirements.lock"):
        assert f"jupyterhub=={version} " in (ROOT / lock).read_text(), lock


def test_what_the_page_on_security_says_is_proven_by_tests_that_exist() -> None:
    page = (ROOT / "docs/security.md").read_text()
    named = set(re.findall(r"`(test_\w+)`", page))
    written = {
        name
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^def (test_\w+)", path.read_text(), re.MULTILINE)
    }
    assert len(named) > 20 and named <= written, named - written
    rows = [line for line in page.splitlines() if line.startswith("|") and "---" not in line]
    unproven = [row for row in rows[1:] if "`test_" not in row and "how it is" not in row]
    assert [row.split(" |")[0] for row in unproven] == [
        "| 5.12 root file system read-only",
        "| 5.26 health check",
    ]


def test_nothing_is_piped_from_the_network_into_a_shell() -> None:
    folders = ("compose", "lab-image", "sandbox", "ops", "docs")
    files = [path for name in folders for path in (ROOT / name).rglob("*") if path.is_file()]
    for path in [*files, ROOT / "README.md", ROOT / "Makefile"]:
        if path.suffix not in (".png", ".svg", ".pyc", ".lock"):
            text = path.read_text(errors="replace").replace("\\\n", " ")
            assert not re.search(r"(curl|wget)[^\n|]*\|\s*(sudo\s+)?(ba)?sh\b", text), path
