"""`inv push`: what is published was built from the tag, passed its test, and is what labs get."""

import io
import json
import os
import re
import shutil
import tarfile
from pathlib import Path

import pytest

from sandbox.inv import Inv, Outcome
from sandbox.running import Sandbox
from tests.sample import commit, git, make_sample
from tests.sample.backends import PURE, SETUPTOOLS, make_package
from tests.sandbox.look import count_sessions, installed, sh, until_healthy
from tests.sandbox.states import States

DIGEST = re.compile(r"agfalta_tools:(\S+)  (sha256:[0-9a-f]{64})")
STATE = "labs"
COUNT = "iptables --insert INPUT --protocol tcp --dport 22"
BY_SSH = "iptables --numeric --verbose --exact --list INPUT 1 | awk '{ print $2 }'"


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
    assert [change.split()[0] for change in pushed.changes] == [
        *("Send", "Build", "Push", "Publish")
    ]
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
    kept = sh(host, "cd /home/agfalta/.cache/labhub; stat -c %a build; ls build").split()
    assert kept == ["700", "agfalta_tools"], "the last context of the image, for the operator alone"
    assert sh(host, "ls -A /home/agfalta/.cache/labhub/build/agfalta_tools") == ".last"


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


def test_a_push_is_one_login_and_one_session_where_nothing_is_new(
    pushed: Outcome, inv: Inv, host: Sandbox, tmp_path: Path
) -> None:
    source = make_sample(tmp_path / "logins")
    (source / "agfalta_tools/step.py").write_text("STEP = 1\n")
    commit(source, "Step")
    before = logins(host), count_sessions(host)
    # As root there are the task, and the SDK twice.
    for sessions in (3, 1):
        inv.ok("push", "--ref", "main", AGFALTA_TOOLS_SOURCE=str(source))
        now = logins(host), count_sessions(host)
        assert (now[0] - before[0], now[1] - before[1]) == (1, sessions)
        before = now


def logins(host: Sandbox) -> int:
    """Count how often somebody has logged in by SSH."""
    count = "journalctl --sync; journalctl --quiet --no-pager | grep -c 'sshd.*: Accepted '"
    return int(sh(host, count))


def test_an_older_tag_sends_only_a_small_layer_and_leaves_latest(
    pushed: Outcome, inv: Inv, host: Sandbox, sample: Path, tmp_path: Path
) -> None:
    latest = registry_digest(host, "latest")
    layers = "docker inspect -f '{{len .RootFS.Layers}} {{.Size}}' localhost:5000/agfalta_tools:"
    # A laptop's own credentials are none of ours: here their program is gone.
    (tmp_path / "config.json").write_text('{"credsStore": "gone"}')
    settings = {"AGFALTA_TOOLS_SOURCE": str(sample), "DOCKER_CONFIG": str(tmp_path)}
    outcome = inv.ok("push", "--tag", "1.1", **settings)
    assert "0 MB new" in outcome.output
    stays = "agfalta_tools: latest stays 1.2: 1.1 is older. --latest moves it."
    assert stays in outcome.output and registry_digest(host, "latest") == latest
    size = [int(sh(host, layers + tag).split()[1]) for tag in ("1.1", "1.2")]
    assert abs(size[0] - size[1]) < 1_000_000


def test_latest_moves_back_when_somebody_says_so(
    pushed: Outcome, inv: Inv, host: Sandbox, sample: Path
) -> None:
    source = {"AGFALTA_TOOLS_SOURCE": str(sample)}
    back = inv.ok("push", "--tag", "1.1", "--latest", **source)
    assert "agfalta_tools: latest is now 1.1; it was 1.2." in back.output
    assert registry_digest(host, "latest") == registry_digest(host, "1.1")
    left = inv.ok("push", "--tag", "1.2", "--no-latest", **source)
    assert "agfalta_tools: latest stays 1.1." in left.output
    forward = inv.ok("push", "--tag", "1.2", **source)
    assert "agfalta_tools: latest is now 1.2; it was 1.1." in forward.output


def test_the_version_in_a_tag_is_what_the_package_has_to_say(
    pushed: Outcome, inv: Inv, host: Sandbox, tmp_path: Path
) -> None:
    named = make_sample(tmp_path / "named")
    git(named, "tag", "release-1.2", "1.2")
    outcome = inv.ok("push", "--tag", "release-1.2", AGFALTA_TOOLS_SOURCE=str(named))
    assert "latest is now release-1.2; it was 1.2" in outcome.output
    inv.ok("push", "--tag", "1.2", "--latest", AGFALTA_TOOLS_SOURCE=str(named))


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
    assert said.startswith("agfalta_tools:1.2 stays as it was: ") and "no_such_module" in said
    assert "Name what has it in the requirements of the package" in said


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


def published(
    inv: Inv, folder: Path, name: str, *requires: str, again: tuple[str, ...] = ()
) -> Outcome:
    """Publish a package that requires this, as an image of its own."""
    text = SETUPTOOLS.format(", ".join(f'"{one}"' for one in requires))
    source = make_package(folder / "probe", {"pyproject.toml": text})
    settings = {"AGFALTA_TOOLS_SOURCE": str(source), "AGFALTA_TOOLS_IMPORT": "probe"}
    return inv("push", "--tag", "v1.2", *again, IMAGE_NAME=name, **settings)


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
    other = {name: has[name] for name in set(lock) & set(has) if has[name] != lock[name]}
    assert other == {"python-dateutil": "2.8.2"}
    kept = "docker run --rm --network none --entrypoint cat localhost:5000/yielding:v1.2"
    resolved = sh(host, f"{kept} /usr/share/lab/resolved.txt")
    assert "python-dateutil==2.8.2 \\\n    --hash=sha256:" in resolved


def test_the_sites_own_lists_take_effect_with_the_next_push_and_move_nothing_else(
    host: Sandbox, inv: Inv, pushed: Outcome, tmp_path: Path
) -> None:
    assert published(inv, tmp_path / "1", "listed", "toolz<0.12").status == 0
    before = installed(host, "listed:v1.2")
    assert before["toolz"] == "0.11.2"
    site = inv.root / f"site.{inv.lab}"
    site.mkdir()
    (site / "packages.txt").write_text("# to look around\ntree\n")
    (site / "requirements.in").write_text("docopt  # for scripts\n")
    # Nothing holds it at the old version any more, but that the last image has it.
    push = published(inv, tmp_path / "2", "listed", "toolz", again=("--force",))
    assert push.status == 0, push.errors
    after = installed(host, "listed:v1.2")
    assert after.pop("docopt") and after == before
    run = "docker run --rm --network none --entrypoint bash localhost:5000/listed:v1.2 -c"
    assert " files" in sh(host, f"{run} 'tree /opt/venv/bin | tail -n 1'")
    (site / "packages.txt").write_text("tree no-such-package\n")
    push = published(inv, tmp_path / "3", "listed", "toolz", again=("--force",))
    assert push.errors.removeprefix("✗ ").strip() == (
        "listed:v1.2 stays as it was: Debian has no package no-such-package here: correct "
        f"site.{inv.lab}/packages.txt"
    )
    shutil.rmtree(site)


@pytest.mark.parametrize("how", ["the package", "what it needs"])
def test_what_has_no_wheel_and_does_not_build_is_told_with_its_cause(
    inv: Inv, pushed: Outcome, tmp_path: Path, how: str
) -> None:
    if how == "the package":
        settings = {"AGFALTA_TOOLS_SOURCE": "pypi:functools32", "IMAGE_NAME": "old"}
        said = inv.fails("push", "--tag", "3.2.3.post2", **settings)
        sentence = "old:3.2.3.post2 is not published: no wheel can be made of the analysis package"
    else:
        said = published(inv, tmp_path, "old", "functools32").errors
        sentence = "is not published: functools32 has no wheel for Python 3.13, and its source does"
    first, *cause = said.splitlines()
    assert sentence in first and "LAB_BASE_IMAGE=debian:bookworm-slim" in first
    assert any("This backport is for Python 2.7 only" in line for line in cause)


def test_what_contradicts_the_lab_is_one_sentence_with_who_wants_what(
    inv: Inv, pushed: Outcome, tmp_path: Path
) -> None:
    outcome = published(inv, tmp_path, "contradicting", "jupyterhub<5")
    first, *cause = outcome.errors.removeprefix("✗ ").splitlines()
    assert first.startswith("contradicting:v1.2 is not published: what the analysis package needs")
    assert "or those in site.t-push/requirements.in" in first
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


def test_what_the_registry_has_lost_is_mended_by_force(
    host: Sandbox, inv: Inv, pushed: Outcome, sample: Path
) -> None:
    made = sh(host, "docker image inspect --format '{{.Id}}' localhost:5000/agfalta_tools:1.1")
    blobs = "/var/lib/docker-registry/docker/registry/v2/blobs/sha256"
    lose = 'docker exec --user 5000 labhub-registry rm -r "$1"; docker restart labhub-registry'
    sh(host, lose, f"{blobs}/{made[7:9]}/{made[7:]}")
    until_healthy(host, "labhub-registry")
    push = ("push", "--tag", "1.1")
    said = inv.fails(*push, AGFALTA_TOOLS_SOURCE=str(sample))
    assert "lost a part of agfalta_tools:1.1; push it again with --force" in said
    inv.ok(*push, "--force", AGFALTA_TOOLS_SOURCE=str(sample))
    assert "from the same source" in inv.ok(*push, AGFALTA_TOOLS_SOURCE=str(sample)).output


SERVE = """\
address=$(ip -4 -o address show docker0 | awk '{ sub("/.*", "", $4); print $4 }')
systemd-run --quiet --unit=t-repository --working-directory=/srv/repository \
  python3 -m http.server --bind "$address" 8123
echo "$address"
"""


def test_what_comes_from_a_repository_stays_at_its_commit_with_the_tag(
    host: Sandbox, inv: Inv, pushed: Outcome, tmp_path: Path
) -> None:
    text = SETUPTOOLS.format("").replace('name = "probe"', 'name = "lab-io"')
    text = text.replace('packages = ["probe"]', "packages = []")
    other = make_package(tmp_path / "other", {"pyproject.toml": text})
    sh(host, "mkdir -p /srv/repository; command -v python3")
    publish_repository(host, other)
    asked = f"lab-io @ git+http://{sh(host, SERVE)}:8123/other.git@main"
    assert published(inv, tmp_path / "1", "following", asked).status == 0
    kept = "docker run --rm --network none --entrypoint cat localhost:5000/following:v1.2"
    first = sh(host, f"{kept} /usr/share/lab/from-git.txt")
    assert git(other, "rev-parse", "HEAD") in first
    commit(other, "Go on")
    publish_repository(host, other)
    push = published(inv, tmp_path / "2", "following", asked, "docopt", again=("--force",))
    assert push.status == 0 and "docopt" in installed(host, "following:v1.2")
    assert sh(host, f"{kept} /usr/share/lab/from-git.txt") == first
    sh(host, "systemctl stop t-repository")


def publish_repository(host: Sandbox, source: Path) -> None:
    """Put a repository on the host as a plain web server offers it."""
    bare = source.with_name("other.git")
    shutil.rmtree(bare, ignore_errors=True)
    git(source.parent, "clone", "--quiet", "--bare", str(source), str(bare))
    git(bare, "update-server-info")
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        archive.add(bare, "other.git")
    host.container.put_archive("/srv/repository", packed.getvalue())


def test_only_what_the_host_does_not_have_from_the_last_push_travels(
    host: Sandbox, inv: Inv, pushed: Outcome, tmp_path: Path
) -> None:
    source = make_package(tmp_path / "probe", PURE["setuptools-scm"])
    # A history that is large for good.
    (source / "measured.bin").write_bytes(os.urandom(20_000_000))
    commit(source, "Measure")
    git(source, "rm", "--quiet", "measured.bin")
    sh(host, COUNT)
    arrived = []
    for tag in ("v1.3", "v1.4"):
        (source / "probe/tag.py").write_text(f"TAG = {tag!r}\n")
        commit(source, f"Begin {tag}")
        git(source, "tag", tag)
        before = int(sh(host, BY_SSH))
        settings = {"AGFALTA_TOOLS_IMPORT": "probe", "IMAGE_NAME": "long"}
        inv.ok("push", "--tag", tag, AGFALTA_TOOLS_SOURCE=str(source), **settings)
        arrived.append(int(sh(host, BY_SSH)) - before)
    assert arrived[0] > 20_000_000 and arrived[1] < 500_000, arrived


def test_a_host_without_a_hub_is_told_to_deploy_first(
    inv: Inv, pushed: Outcome, host: Sandbox, sample: Path
) -> None:
    sh(host, "docker stop labhub-registry")
    try:
        said = inv.fails("push", "--tag", "1.0", "--force", AGFALTA_TOOLS_SOURCE=str(sample))
        assert "inv deploy" in said
    finally:
        inv.ok("deploy")
