"""`inv push` for what is no plain release: work in progress, names of one's own, notes."""

import re
import subprocess
from pathlib import Path

import pytest

from sandbox.inv import Inv
from sandbox.running import Sandbox
from tests.hub_client import HubClient
from tests.sample import commit, git, make_sample
from tests.sandbox.conftest import PASSWORD
from tests.sandbox.look import sh
from tests.sandbox.test_push import labels, registry_digest

STATE = "labs"


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout whose version comes from git, with a branch, and with a file that is not in it."""
    made = make_sample(tmp_path_factory.mktemp("work") / "agfalta_tools", scm=True)
    git(made, "checkout", "--quiet", "-b", "feature/fit")
    (made / "agfalta_tools/fit.py").write_text("STEP = 1\n")
    commit(made, "Begin")
    (made / "draft.txt").touch()
    return made


@pytest.fixture(scope="module")
def alice(host: Sandbox) -> HubClient:
    """A member's browser, logged in."""
    client = HubClient(host.url)
    client.login("alice", PASSWORD)
    return client


def row(page: str, tag: str) -> str:
    """Return the part of the spawn page that stands for a tag."""
    (found,) = (it for it in page.split("<label") if f'value="agfalta_tools:{tag}"' in it)
    return found


def test_a_branch_is_published_as_work_in_progress_below_the_releases(
    host: Sandbox, inv: Inv, source: Path, alice: HubClient
) -> None:
    latest = registry_digest(host, "latest")
    note = ("--note", "new <dispersion> fit")
    done = inv.ok("push", "--ref", "feature/fit", *note, AGFALTA_TOOLS_SOURCE=str(source))
    short = git(source, "rev-parse", "HEAD")[:7]
    tag = f"feature-fit-{short}"
    assert "! Not in it: 1 file that is not committed." in done.output
    version = re.search(rf"agfalta_tools:{tag} says of itself that it is (\S+)\.", done.output)
    assert version and re.match(rf"1\.3\.dev1\+g{short}", version[1])
    assert f"latest stays 1.2: {tag} is work in progress." in done.output
    assert registry_digest(host, "latest") == latest
    assert labels(host, tag)["labhub.work"] == "feature/fit"
    choices = alice.choices()
    assert choices[0] == "agfalta_tools:latest" and choices[-1] == f"agfalta_tools:{tag}"
    page = alice.spawn_page()
    assert "work in progress" in row(page, tag) and "new &lt;dispersion&gt; fit" in row(page, tag)
    assert "is 1.2" in row(page, "latest") and "newest" in row(page, "1.2")
    again = inv.ok("push", "--ref", "HEAD", AGFALTA_TOOLS_SOURCE=str(source))
    assert again.changes == [] and f"{tag} is published already" in again.output


def test_a_tag_that_no_image_can_have_gets_another_name(
    host: Sandbox, inv: Inv, source: Path, tmp_path: Path
) -> None:
    odd = make_sample(tmp_path / "odd")
    git(odd, "tag", "exp/1.2", "1.2")
    settings = {"AGFALTA_TOOLS_SOURCE": str(odd)}
    assert "--as NAME" in inv.fails("push", "--tag", "exp/1.2", **settings)
    done = inv.ok("push", "--tag", "exp/1.2", "--as", "for-anna", **settings)
    assert "latest stays 1.2: for-anna has a name of its own. --latest moves it." in done.output
    moved = inv.ok("push", "--tag", "exp/1.2", "--as", "for-anna", "--latest", **settings)
    assert "latest is now for-anna; it was 1.2." in moved.output
    assert [it.split()[0] for it in moved.changes] == ["Publish"]
    older = inv.ok("push", "--tag", "1.1", AGFALTA_TOOLS_SOURCE=str(source))
    assert "latest stays for-anna: 1.1 is older" in older.output


def test_a_note_is_changed_without_a_build(
    host: Sandbox, inv: Inv, source: Path, alice: HubClient
) -> None:
    push = ("push", "--tag", "1.1")
    settings = {"AGFALTA_TOOLS_SOURCE": str(source)}
    before = registry_digest(host, "1.1")
    dry = inv.ok("--dry", *push, "--note", "for the paper", **settings)
    assert "then its note: for the paper" in dry.output
    assert registry_digest(host, "1.1") == before
    noted = inv.ok(*push, "--note", "for the paper", **settings)
    assert [it.split()[0] for it in noted.changes] == ["Publish"]
    assert "for the paper" in row(alice.spawn_page(), "1.1")
    assert "from the same source" in inv.ok(*push, **settings).output, "and it stays"
    assert "for the paper" in row(alice.spawn_page(), "1.1")


def test_what_is_replaced_is_named_and_who_runs_it(
    host: Sandbox, inv: Inv, sample: Path, source: Path, alice: HubClient
) -> None:
    alice.spawn("agfalta_tools:1.1")
    mine = {"AGFALTA_TOOLS_SOURCE": str(source)}
    inv.ok("push", "--tag", "1.1", "--note", "for the book", **mine)
    before = registry_digest(host, "1.1") or ""
    other = {"AGFALTA_TOOLS_SOURCE": str(sample)}
    said = inv.fails("push", "--tag", "1.1", **other)
    assert before[:19] in said and "which alice runs" in said and "--force" in said
    done = inv.ok("push", "--tag", "1.1", "--force", **other)
    assert f"1.1 replaces {before}; alice had it, until the next start." in done.output
    assert alice.run_cell("import agfalta_tools").text == "", "and she goes on with what she has"
    alice.stop()
    assert "for the book" in row(alice.spawn_page(), "1.1"), "the note stays"
    inv.ok("push", "--tag", "1.1", "--note=", **other)
    assert "for the book" not in row(alice.spawn_page(), "1.1")


def test_what_there_is_not_is_named_with_what_is_near(inv: Inv, source: Path) -> None:
    settings = {"AGFALTA_TOOLS_SOURCE": str(source)}
    said = inv.fails("push", "--ref", "feature/fot", **settings)
    assert "nearest branches: feature/fit" in said and "git ls-remote --heads" in said
    assert "never work in progress" in inv.fails("push", "--ref", "main", "--latest", **settings)
    pypi = {"AGFALTA_TOOLS_SOURCE": "pypi:uncertainties"}
    assert "releases alone" in inv.fails("push", "--ref", "main", **pypi)
    assert "--tag 1.2" in inv.fails("push", **settings)


def test_a_repository_behind_ssh_is_read_with_what_the_laptop_has(
    host: Sandbox, inv: Inv, tmp_path: Path
) -> None:
    sh(host, "apt-get -qq install --yes --no-install-recommends git >/dev/null 2>&1")
    sh(host, "runuser -u agfalta -- git init --quiet --bare /home/agfalta/tools.git")
    by_ssh = {"GIT_SSH_COMMAND": f"ssh -F {host.ssh_config}"}
    url = f"agfalta@{host.alias}:tools.git"
    subprocess.run(
        ["git", "-C", str(make_sample(tmp_path / "tools")), "push", "--quiet", url, "1.0"],
        env={**inv.environment(), **by_ssh},
        check=True,
    )
    inv.ok("push", "--tag", "1.0", "--as", "by-ssh", AGFALTA_TOOLS_SOURCE=url, **by_ssh)
    assert registry_digest(host, "by-ssh")
    left = "grep -rlE 'PRIVATE KEY|tools.git' /home/agfalta/.cache/labhub || true"
    assert sh(host, left) == "", "nothing of the way to it travels"
