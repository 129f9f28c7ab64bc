"""The base images where nothing can be pulled: whole, under a name of ours, or not there at all.

The fresh machine stands for a laptop (`sandbox/base.sh`) and for a server (`ops/stack/base.sh`).
"""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from ops.labels import BASE
from ops.plan.command import render_step
from ops.stack.engine import ensure_base
from ops.stack.facts import CERTIFICATES
from sandbox.layout import BASE_IMAGE
from sandbox.running import Sandbox

DEBIANS = "debian:trixie-slim"
SMALL = "/mnt/small"
LOOK = f"dpkg --audit && test -s /etc/ssl/certs/ca-certificates.crt && ls {CERTIFICATES}"


@pytest.fixture(scope="module")
def closed(machine: Sandbox) -> Sandbox:
    """Give the machine an engine that agfalta may use; no registry answers it."""
    machine.exec(["/opt/sandbox/engine.sh", "up"])
    machine.exec(["usermod", "--append", "--groups", "docker", "agfalta"])
    # Nobody types here: on a laptop of this kind sudo wants no password.
    rule = "echo 'agfalta ALL=(ALL:ALL) NOPASSWD: ALL' >/etc/sudoers.d/agfalta"
    machine.exec(["sh", "-c", rule])
    _reject(machine, "--append", 443)
    return machine


def _reject(machine: Sandbox, action: str, port: int) -> None:
    rule = ["OUTPUT", "--protocol", "tcp", "--dport", str(port), "--jump", "REJECT"]
    machine.exec(["iptables", "--wait", action, *rule, "--reject-with", "tcp-reset"])


@contextmanager
def no_mirror(machine: Sandbox) -> Iterator[None]:
    _reject(machine, "--append", 80)
    try:
        yield
    finally:
        _reject(machine, "--delete", 80)


@contextmanager
def little_space(machine: Sandbox) -> Iterator[None]:
    """Have room for what a bootstrap fetches, but not for what it unpacks."""
    machine.exec(["mkdir", SMALL])
    machine.exec(["mount", "-t", "tmpfs", "-o", "size=100m,mode=1777", "tmpfs", SMALL])
    try:
        yield
    finally:
        machine.exec(["umount", SMALL])
        machine.exec(["rmdir", SMALL])


def images(machine: Sandbox) -> set[str]:
    listed = machine.exec(["docker", "images", "--all", "--format", "{{.Repository}}:{{.Tag}}"])
    return set(listed.stdout.split())


def left_behind(machine: Sandbox, folder: str = "/tmp") -> str:
    """List what a bootstrap has left: files and mounts."""
    look = f"ls {folder} | grep -E 'labhub|mmdebstrap'; grep -E ' {folder}/.+' /proc/self/mountinfo"
    return machine.exec(["sh", "-c", look], check=False).stdout


def on_the_laptop(machine: Sandbox, *settings: str) -> subprocess.CompletedProcess[str]:
    argv = ["env", "YES=1", *settings, "/opt/sandbox/base.sh"]
    return machine.exec(argv, user="agfalta", check=False)


def on_the_server(machine: Sandbox, base: str = DEBIANS) -> subprocess.CompletedProcess[str]:
    (change,) = ensure_base(BASE, base, "wanted", None)
    (step,) = change.steps
    return machine.exec(["bash", "-c", f"{{ {render_step(step)} ; }} 2>&1"], check=False)


def test_an_ordinary_users_bootstrap_is_whole_or_leaves_nothing(closed: Sandbox) -> None:
    with little_space(closed):
        failed = on_the_laptop(closed, f"TMPDIR={SMALL}")
        assert failed.returncode == 1
        assert "nothing was made of them" in failed.stderr
        assert images(closed) == set()
        assert left_behind(closed, SMALL) == ""

    # What earlier versions have left of a bootstrap that failed.
    closed.exec(["sh", "-c", f"tar -cT /dev/null | docker import - {DEBIANS}"])
    made = on_the_laptop(closed)
    assert made.returncode == 0, made.stderr
    assert f"docker image rm {DEBIANS}" in made.stderr
    assert images(closed) == {BASE_IMAGE, DEBIANS}
    assert left_behind(closed) == ""
    look = ["docker", "run", "--rm", BASE_IMAGE, "sh", "-c", LOOK]
    names = closed.exec(look, user="agfalta").stdout.split()
    assert names == closed.exec(["ls", CERTIFICATES]).stdout.split()
    again = on_the_laptop(closed)
    assert (again.returncode, again.stderr) == (0, "")


def test_a_debian_that_is_there_and_whole_is_built_on_and_stays(closed: Sandbox) -> None:
    closed.exec(["docker", "tag", BASE_IMAGE, DEBIANS])
    closed.exec(["docker", "image", "rm", BASE_IMAGE])
    before = closed.exec(["docker", "image", "inspect", "--format", "{{.Id}}", DEBIANS]).stdout
    built = on_the_laptop(closed)
    assert built.stderr.startswith("▸ Building the base image … "), built.stderr
    assert images(closed) >= {BASE_IMAGE, DEBIANS}
    kept = closed.exec(["docker", "image", "inspect", "--format", "{{.Id}}", DEBIANS])
    assert kept.stdout == before
    closed.exec(["docker", "image", "rm", BASE_IMAGE, DEBIANS])
    closed.exec(["docker", "image", "prune", "--force"])


def test_the_servers_base_is_whole_or_not_there(closed: Sandbox) -> None:
    with no_mirror(closed):
        failed = on_the_server(closed)
        assert failed.returncode == 1
        assert failed.stdout.splitlines()[-1].startswith(f"{DEBIANS} can neither be pulled nor")
        assert images(closed) == set()
        assert left_behind(closed) == ""

    closed.exec(["sh", "-c", f"tar -cT /dev/null | docker import - {DEBIANS}"])
    made = on_the_server(closed)
    assert made.returncode == 0, made.stdout
    assert images(closed) == {f"{BASE}:latest", DEBIANS}
    assert left_behind(closed) == ""
    closed.exec(["docker", "run", "--rm", BASE, "sh", "-c", LOOK])
    label = ["--format", '{{index .Config.Labels "labhub.inputs"}}', BASE]
    assert closed.exec(["docker", "image", "inspect", *label]).stdout.strip() == "wanted"


def test_a_base_of_the_labs_own_that_is_none_is_said_in_a_sentence(closed: Sandbox) -> None:
    closed.exec(["sh", "-c", "tar -cT /dev/null | docker import - ours:1"])
    failed = on_the_server(closed, "ours:1")
    assert failed.returncode == 1
    assert "ours:1 can neither be pulled nor made here, or it has no /bin/sh" in failed.stdout
