"""Pushes at the same moment, pushes that are broken off, and hosts that lack something."""

import re
import signal
import subprocess
from pathlib import Path

import pytest

from sandbox.inv import Inv
from sandbox.patience import finish, until
from sandbox.running import Sandbox
from tests.sample import commit, git, make_sample
from tests.sandbox.look import sh, until_all_healthy, until_healthy
from tests.sandbox.test_push import registry_digest

STATE = "labs"
LEFT = """\
cd /home/agfalta/.cache/labhub/build; find . -mindepth 2 -maxdepth 2 ! -name .last
docker images --quiet --filter dangling=true
for lock in /run/labhub/*.lock; do
  flock --nonblock "$lock" true || echo "$lock is held"
done
"""
"""What pushes leave that is neither cache nor published."""


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_sample(tmp_path_factory.mktemp("together") / "agfalta_tools")


def ends(process: "subprocess.Popen[str]") -> tuple[int, str, str]:
    """Wait until a task ends; return its status and what it printed."""
    with process:
        output, errors = finish(process)
    assert "Traceback" not in errors
    return process.returncode, output, errors


def test_of_two_equal_pushes_one_publishes_and_the_other_finds_it_done(
    host: Sandbox, inv: Inv, source: Path
) -> None:
    push = ("push", "--tag", "1.0")
    begun = [inv.begin(*push, AGFALTA_TOOLS_SOURCE=str(source))]
    # One that comes between a new lock and the name in it takes that for a lost connection.
    signed = "cat /run/labhub/push-agfalta_tools-1.0.lock 2>/dev/null || true"
    until(lambda: sh(host, signed), "The first one has signed the lock")
    begun.append(inv.begin(*push, AGFALTA_TOOLS_SOURCE=str(source)))
    said = [ends(process) for process in begun]
    assert [status for status, *_ in said] == [0, 0], said
    first, second = sorted((output for _, output, _ in said), key=lambda it: "Build" not in it)
    assert "✓ Publish agfalta_tools:1.0" in first
    assert "✓ Build" not in second and "1.0 is published already, from the same source" in second
    assert sh(host, LEFT) == ""


def test_another_operator_is_told_or_waits_in_line(host: Sandbox, inv: Inv, source: Path) -> None:
    settings = {"AGFALTA_TOOLS_SOURCE": str(source)}
    running = inv.begin("push", "--tag", "1.1", **settings)
    assert running.stdout and running.stdout.readline().startswith("✓ Send agfalta_tools:1.1")
    said = inv.fails("push", "--tag", "1.1", **settings, LOGNAME="anna")
    assert "is being changed by somebody else" in said and "inv push --tag 1.1" in said
    waited = inv.ok("push", "--tag", "1.1", "--wait", **settings, LOGNAME="anna")
    assert "… somebody else changes this host" in waited.output
    assert "1.1 is published already, from the same source" in waited.output
    assert ends(running)[0] == 0


def test_five_at_once_of_different_tags_are_all_published(
    host: Sandbox, inv: Inv, source: Path
) -> None:
    tags = ("2.0", "2.1", "2.2", "2.10", "2.3")
    for tag in tags:
        file = source / "pyproject.toml"
        file.write_text(file.read_text().replace(f'"{was(source)}"', f'"{tag}"'))
        commit(source, f"Release {tag}")
        git(source, "tag", tag)
    begun = [inv.begin("push", "--tag", it, AGFALTA_TOOLS_SOURCE=str(source)) for it in tags]
    said = [ends(process) for process in begun]
    assert [status for status, *_ in said] == [0] * 5, said
    digests = {tag: registry_digest(host, tag) for tag in tags}
    assert None not in digests.values() and len(set(digests.values())) == 5
    assert registry_digest(host, "latest") == digests["2.10"], "whichever was the last"
    assert sh(host, LEFT) == ""


def was(source: Path) -> str:
    """Return the version that the sample has now."""
    return (source / "pyproject.toml").read_text().partition('version = "')[2].partition('"')[0]


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
@pytest.mark.parametrize("after", ["Send", "Build", "Push"])
def test_a_push_that_is_broken_off_is_made_up_by_the_next(
    host: Sandbox, inv: Inv, source: Path, after: str, how: signal.Signals
) -> None:
    (source / "agfalta_tools/step.py").write_text(f"LOST = {after!r}, {int(how)}\n")
    commit(source, f"Lost after {after}")
    push = ("push", "--ref", "main")
    settings = {"AGFALTA_TOOLS_SOURCE": str(source)}
    latest = registry_digest(host, "latest")
    running = inv.begin(*push, **settings)
    assert running.stdout
    while f"✓ {after} " not in (line := running.stdout.readline()):
        assert line, ends(running)
    running.send_signal(how)
    status, _, errors = ends(running)
    assert status == (130 if how == signal.SIGINT else -how), errors
    again = inv.ok(*push, **settings)
    short = git(source, "rev-parse", "HEAD")[:7]
    assert registry_digest(host, f"main-{short}") and f"main-{short}  sha256:" in again.output
    assert registry_digest(host, "latest") == latest
    left = sh(host, LEFT)
    if after == "Push":
        # What was published when it was lost has nothing more to be done; the next one sweeps it.
        left = re.sub(r"^[.]/agfalta_tools/main-\w+\n?", "", left, flags=re.MULTILINE)
    assert left == ""


@pytest.mark.parametrize("what", ["docker restart labhub-registry", "systemctl restart docker"])
def test_a_service_that_is_restarted_meanwhile_costs_a_push_at_most(
    host: Sandbox, inv: Inv, source: Path, what: str
) -> None:
    (source / "agfalta_tools/step.py").write_text(f"RESTARTED = {what!r}\n")
    commit(source, what)
    push = ("push", "--ref", "main")
    settings = {"AGFALTA_TOOLS_SOURCE": str(source)}
    running = inv.begin(*push, **settings)
    assert running.stdout and running.stdout.readline().startswith("✓ Send")
    sh(host, what)
    status, _, errors = ends(running)
    assert status == 0 or len(errors.strip().splitlines()) >= 1
    if "systemctl" in what:
        until_all_healthy(host)
    until_healthy(host, "labhub-registry")
    inv.ok(*push, **settings)
    assert sh(host, LEFT) == ""


def test_force_builds_the_same_anew_and_leaves_no_nameless_image(
    host: Sandbox, inv: Inv, source: Path
) -> None:
    settings = {"AGFALTA_TOOLS_SOURCE": str(source)}
    before = registry_digest(host, "1.1")
    made = "docker run --rm --entrypoint stat localhost:5000/agfalta_tools:1.1 -c %Y"
    dpkg = sh(host, f"{made} /var/lib/dpkg/status")
    done = inv.ok("push", "--tag", "1.1", "--force", **settings)
    assert f"1.1 replaces {before}." in done.output
    assert registry_digest(host, "1.1") != before
    assert sh(host, f"{made} /var/lib/dpkg/status") > dpkg, "with Debian's packages of today"
    assert sh(host, LEFT) == ""


def test_a_disk_that_is_too_full_is_told_of_before_anything_is_sent(
    host: Sandbox, inv: Inv, source: Path
) -> None:
    kept = sh(host, "dirname \"$(docker inspect --format '{{.ResolvConfPath}}' labhub-registry)\"")
    sh(host, 'mount -t tmpfs -o size=500M none "$1"', kept)
    try:
        push = ("push", "--ref", "main", "--as", "full")
        said = inv.fails(*push, AGFALTA_TOOLS_SOURCE=str(source))
    finally:
        sh(host, 'umount "$1"', kept)
    assert "has 0.5 GB left on the disk of its engine, and an image may need 1 GB" in said
    assert sh(host, LEFT) == ""


def test_what_a_push_needs_there_is_named_and_deploy_brings_it(
    host: Sandbox, inv: Inv, source: Path
) -> None:
    settings = {"AGFALTA_TOOLS_SOURCE": str(source)}
    sh(host, "apt-get -qq remove --yes rsync docker-buildx")
    said = inv.fails("push", "--ref", "main", "--as", "needs", **settings)
    assert said.startswith("There is no buildx and no rsync on ") and said.endswith("inv deploy")
    (change,) = inv.ok("deploy").changes
    assert change.startswith("Install buildx and rsync from Debian GNU/Linux 13")
    inv.ok("push", "--ref", "main", "--as", "needs", **settings)


def test_an_engine_of_somebody_elses_is_never_replaced(host: Sandbox, inv: Inv) -> None:
    # What dpkg says where an engine came from elsewhere.
    forget = "/^Package: docker.io$/,/^$/s/^Status: .*/Status: deinstall ok config-files/"
    sh(host, "cp /var/lib/dpkg/status /root/status; apt-get -qq remove --yes docker-compose")
    sh(host, 'sed -i "$1" /var/lib/dpkg/status', forget)
    running = sh(host, "docker ps --quiet")
    said = inv.fails("deploy")
    assert "an engine that is not from its distribution. Missing there" in said
    assert sh(host, "docker ps --quiet") == running
    sh(
        host,
        "sed -i '/^Package: docker.io$/,/^$/s/^Status: .*/Status: install ok installed/' "
        "/var/lib/dpkg/status",
    )
    assert len(inv.ok("deploy").changes) == 1
