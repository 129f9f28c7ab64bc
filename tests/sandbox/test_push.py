"""`inv push`: what is published was built from the tag, passed its test, and is what labs get."""

import json
import re
from pathlib import Path

import pytest

from sandbox.inv import Inv, Outcome
from sandbox.running import Sandbox
from tests.sample import commit, git, make_sample
from tests.sample.backends import SETUPTOOLS, make_package
from tests.sandbox.look import installed, sh
from tests.sandbox.states import States

DIGEST = re.compile(r"agfalta_tools:(\S+)  (sha256:[0-9a-f]{64})")
STATE = "labs"


@pytest.fixture(scope="module")
def pushed(states: States) -> Outcome:
    """What the push of 1.2 said, on the host that this one is a copy of."""
    return states.made(STATE).outcome


def registry_digest(host: Sandbox, tag: str, name: str = "agfalta_tools") -> str | None:
    """Ask the registry itself, on the host."""
    request = (
        f"HEAD /v2/{name}/manifests/{tag} HTTP/1.0\r\n"
        "Accept: application/vnd.docker.distribution.manifest.v2+json\r\n\r\n"
    )
    head = sh(host, 'exec 3<>/dev/tcp/127.0.0.1/5000; printf %s "$1" >&3; tr -d "\\r" <&3', request)
    found = re.search(r"Docker-Content-Digest: (\S+)", head, re.IGNORECASE)
    return found[1] if found else None


def labels(host: Sandbox, tag: str) -> dict[str, str]:
    text = sh(
        host,
        "docker inspect -f '{{json .Config.Labels}}' \"localhost:5000/agfalta_tools:$1\"",
        tag,
    )
    found: dict[str, str] = json.loads(text)
    return found


def test_a_tag_is_built_tested_pushed_and_asked_for(
    pushed: Outcome, host: Sandbox, sample: Path
) -> None:
    assert [change.split()[0] for change in pushed.changes] == ["Build", "Push", "Publish"]
    tag, digest = DIGEST.search(pushed.output).groups()  # type: ignore[union-attr]
    assert tag == "1.2"
    assert registry_digest(host, "1.2") == digest == registry_digest(host, "latest")
    has = labels(host, "1.2")
    assert has["org.opencontainers.image.version"] == "1.2"
    assert has["org.opencontainers.image.revision"] == git(sample, "rev-parse", "1.2^{commit}")
    assert has["labhub.jupyterhub"] == sh(
        host, "docker exec labhub-hub python3 -c 'import jupyterhub; print(jupyterhub.__version__)'"
    )
    assert re.match(r"\d{4}-\d\d-\d\dT", has["org.opencontainers.image.created"])
    assert sh(host, "ls /home/agfalta/.cache/labhub/build") == "", "the context is taken away"


def test_a_preview_builds_and_publishes_nothing(
    pushed: Outcome, inv: Inv, host: Sandbox, sample: Path
) -> None:
    outcome = inv.ok("--dry", "push", "--tag", "1.1", AGFALTA_TOOLS_SOURCE=str(sample))
    assert "Build agfalta_tools:1.1 and test it" in outcome.output
    assert "docker buildx build" in outcome.output
    assert registry_digest(host, "1.1") is None
    assert sh(host, "docker images -q localhost:5000/agfalta_tools:1.1") == ""


def test_the_same_push_again_changes_nothing(
    pushed: Outcome, inv: Inv, host: Sandbox, sample: Path
) -> None:
    before = registry_digest(host, "1.2")
    outcome = inv.ok("push", "--tag", "1.2", AGFALTA_TOOLS_SOURCE=str(sample))
    assert "published already, from the same source" in outcome.output
    assert outcome.changes == []
    assert registry_digest(host, "1.2") == before


def test_a_code_change_sends_only_a_small_layer_and_leaves_latest_if_told_to(
    pushed: Outcome, inv: Inv, host: Sandbox, sample: Path
) -> None:
    latest = registry_digest(host, "latest")
    layers = "docker inspect -f '{{len .RootFS.Layers}} {{.Size}}' localhost:5000/agfalta_tools:"
    outcome = inv.ok("push", "--tag", "1.1", "--no-latest", AGFALTA_TOOLS_SOURCE=str(sample))
    assert "0 MB new" in outcome.output
    assert registry_digest(host, "latest") == latest
    size = [int(sh(host, layers + tag).split()[1]) for tag in ("1.1", "1.2")]
    assert abs(size[0] - size[1]) < 1_000_000


def test_an_existing_tag_with_other_content_needs_force(
    pushed: Outcome, inv: Inv, host: Sandbox, sample: Path, tmp_path: Path
) -> None:
    other = make_sample(tmp_path / "other")
    git(other, "checkout", "--quiet", "1.1")
    (other / "agfalta_tools/extra.py").write_text("ANSWER = 42\n")
    commit(other, "More")
    git(other, "tag", "--force", "1.1")
    before = registry_digest(host, "1.1")
    said = inv.fails("push", "--tag", "1.1", "--no-latest", AGFALTA_TOOLS_SOURCE=str(other))
    assert "published already with other content" in said and "--force" in said
    assert registry_digest(host, "1.1") == before
    push = ("push", "--tag", "1.1", "--no-latest", "--force")
    inv.ok(*push, AGFALTA_TOOLS_SOURCE=str(other))
    assert registry_digest(host, "1.1") != before
    inv.ok(*push, AGFALTA_TOOLS_SOURCE=str(sample))


def test_a_missing_tag_is_an_error_that_lists_the_nearest(
    inv: Inv, pushed: Outcome, sample: Path
) -> None:
    said = inv.fails("push", "--tag", "1.3", AGFALTA_TOOLS_SOURCE=str(sample))
    assert "tag 1.3 does not exist" in said and "nearest: 1.2" in said


@pytest.mark.parametrize("tag", ["", "a b", "-x", "$(id)", "../x", "latest", "x" * 129])
def test_a_tag_that_cannot_be_is_refused_before_any_connection(inv: Inv, tag: str) -> None:
    said = inv.fails("push", f"--tag={tag}", LAB_HOST="nowhere.invalid")
    assert "nowhere" not in said


@pytest.mark.parametrize(
    "source", ["", "/nowhere", "https://user:hunter2@example.invalid/x.git", "--upload-pack=id"]
)
def test_a_source_that_cannot_be_is_named(inv: Inv, source: str, pushed: Outcome) -> None:
    said = inv.fails("push", "--tag", "1.2", AGFALTA_TOOLS_SOURCE=source)
    assert said.startswith("AGFALTA_TOOLS_SOURCE: ")
    assert "hunter2" not in said


def test_a_package_that_lies_about_its_version_is_not_published(
    inv: Inv, pushed: Outcome, host: Sandbox, tmp_path: Path
) -> None:
    wrong = make_sample(tmp_path / "wrong")
    git(wrong, "tag", "9.9", "1.2")
    said = inv.fails("push", "--tag", "9.9", AGFALTA_TOOLS_SOURCE=str(wrong))
    assert said.startswith("agfalta_tools:9.9 is not published: ")
    assert "9.9" in said and "1.2" in said and len(said.splitlines()) == 1
    assert registry_digest(host, "9.9") is None


def test_a_package_that_cannot_be_imported_is_not_published(
    inv: Inv, pushed: Outcome, host: Sandbox, tmp_path: Path
) -> None:
    broken = make_sample(tmp_path / "broken")
    init = broken / "agfalta_tools/__init__.py"
    init.write_text(init.read_text() + "\nimport no_such_module\n")
    commit(broken, "Break")
    git(broken, "tag", "--force", "1.2")
    said = inv.fails("push", "--tag", "1.2", "--force", AGFALTA_TOOLS_SOURCE=str(broken))
    assert "is not published: " in said and "no_such_module" in said


def test_the_version_may_come_from_git(
    inv: Inv, pushed: Outcome, host: Sandbox, tmp_path: Path
) -> None:
    scm = make_sample(tmp_path / "scm", scm=True)
    inv.ok("push", "--tag", "1.0", "--no-latest", AGFALTA_TOOLS_SOURCE=str(scm))
    version = sh(
        host,
        "docker run --rm localhost:5000/agfalta_tools:1.0 python -c "
        "'import agfalta_tools; print(agfalta_tools.__version__)'",
    )
    assert version == "1.0"


def test_uncommitted_work_never_leaks_into_an_image(
    inv: Inv, pushed: Outcome, host: Sandbox, tmp_path: Path
) -> None:
    dirty = make_sample(tmp_path / "dirty")
    (dirty / "agfalta_tools/secret_draft.py").write_text("X = 1\n")
    outcome = inv.ok("push", "--tag", "1.2", AGFALTA_TOOLS_SOURCE=str(dirty))
    assert "from the same source" in outcome.output


def test_another_labs_package_comes_from_pypi(inv: Inv, pushed: Outcome, host: Sandbox) -> None:
    settings = {
        "AGFALTA_TOOLS_SOURCE": "pypi:uncertainties",
        "AGFALTA_TOOLS_IMPORT": "uncertainties",
        "IMAGE_NAME": "uncertainties",
    }
    said = inv.fails("push", "--tag", "0.0.0.1", **settings)
    assert "is not published: " in said and "0.0.0.1" in said
    inv.ok("push", "--tag", "3.2.3", **settings)
    assert registry_digest(host, "3.2.3", "uncertainties")


def published(inv: Inv, folder: Path, name: str, *requires: str) -> Outcome:
    """Publish a package that requires this, as an image of its own."""
    text = SETUPTOOLS.format(", ".join(f'"{one}"' for one in requires))
    source = make_package(folder / "probe", {"pyproject.toml": text})
    settings = {"AGFALTA_TOOLS_SOURCE": str(source), "AGFALTA_TOOLS_IMPORT": "probe"}
    return inv("push", "--tag", "v1.2", IMAGE_NAME=name, **settings)


def test_what_the_lock_has_otherwise_is_yielded_and_told(
    host: Sandbox, inv: Inv, pushed: Outcome, tmp_path: Path
) -> None:
    outcome = published(inv, tmp_path, "yielding", "python-dateutil<2.9")
    assert outcome.status == 0, outcome.errors
    locked = (inv.root / "lab-image/requirements.lock").read_text()
    lock = dict(re.findall(r"^(\S+)==(\S+)", locked, re.MULTILINE))
    was = lock["python-dateutil"]
    assert f"! instead of the lab's own: python-dateutil 2.8.2 instead of {was}" in outcome.output
    has = installed(host, "yielding:v1.2")
    other = {name: has[name] for name in lock if has[name] != lock[name]}
    assert other == {"python-dateutil": "2.8.2"}
    kept = "docker run --rm --network none --entrypoint cat localhost:5000/yielding:v1.2"
    resolved = sh(host, f"{kept} /usr/share/lab/resolved.txt")
    assert "python-dateutil==2.8.2 \\\n    --hash=sha256:" in resolved


def test_what_contradicts_the_lab_is_one_sentence_with_who_wants_what(
    inv: Inv, pushed: Outcome, tmp_path: Path
) -> None:
    outcome = published(inv, tmp_path, "contradicting", "jupyterhub<5")
    first, *cause = outcome.errors.removeprefix("✗ ").splitlines()
    assert first.startswith("contradicting:v1.2 is not published: what the analysis package needs")
    assert "lab-image/requirements.in" in first
    assert "jupyterhub<5 and jupyterhub==" in " ".join(cause)


def test_a_package_in_a_folder_of_its_repository_with_an_extra(
    host: Sandbox, inv: Inv, pushed: Outcome, tmp_path: Path
) -> None:
    files = {"python/pyproject.toml": SETUPTOOLS.format(""), "python/probe/__init__.py": ""}
    at = f"{make_package(tmp_path / 'probe', files)}#subdirectory=python"
    settings = {"AGFALTA_TOOLS_IMPORT": "probe", "IMAGE_NAME": "folded"}
    push = ("push", "--tag", "v1.2")
    said = inv.fails(*push, AGFALTA_TOOLS_SOURCE=f"{at}[nope]", **settings)
    assert said == "folded:v1.2 is not published: probe has no extra nope; it has: all"
    inv.ok(*push, AGFALTA_TOOLS_SOURCE=f"{at}[all]", **settings)
    assert "docopt" in installed(host, "folded:v1.2")


def test_a_host_without_a_hub_is_told_to_deploy_first(
    inv: Inv, pushed: Outcome, host: Sandbox, sample: Path
) -> None:
    sh(host, "docker stop labhub-registry")
    try:
        said = inv.fails("push", "--tag", "1.0", "--force", AGFALTA_TOOLS_SOURCE=str(sample))
        assert "inv deploy" in said
    finally:
        inv.ok("deploy")
