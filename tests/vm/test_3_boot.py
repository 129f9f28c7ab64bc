"""Reboots and power cuts: what was configured is there again, with nobody's help."""

import re
import subprocess

import pytest

from sandbox.vm.fileserver import FileServer
from sandbox.vm.machine import Machine
from sandbox.vm.states import SHARES, share
from tests.sandbox.inv import ROOT, Inv
from tests.vm.look import as_member, seconds_until

WANTED = SHARES | {
    "MOUNT_DATA": share("data", "rw", ",actimeo=5"),
    "MOUNT_ANALYSIS": "",
    "MOUNT_MORE": share("my share", "ro at=/data/more"),
    "SMB_DOMAIN_DATA": "LAB",
}
"""From the state `mounted` it takes changes of every kind: options, login, new, removed."""
STEPS = 10


def test_a_reboot_with_the_file_server_there(inv: Inv, mounted: Machine) -> None:
    mounted.reboot()
    assert mounted.root("systemctl is-system-running --wait || true") == "running"
    assert as_member(mounted, "bob", "touch /mnt/analysis/x && echo written") == "written"
    assert "nothing was changed" in inv.ok("mounts", **SHARES).output


def test_a_reboot_without_the_file_server_holds_nobody_up(
    inv: Inv, mounted: Machine, files: FileServer
) -> None:
    files.stop()
    mounted.reboot()
    # A login of the operator, not of root: it waits for what systemd makes users wait for.
    login = ["ssh", "-F", str(mounted.layout.ssh_config), mounted.layout.alias, "id -un"]
    assert subprocess.run(login, capture_output=True, text=True, timeout=60).stdout == "agfalta\n"
    assert mounted.root("systemctl is-system-running --wait || true") == "running"
    assert "No such device" in as_member(mounted, "bob", "ls /mnt/analysis/")
    assert "no file server listens there" in inv.fails("mounts", "--check", **SHARES)
    files.start()
    seconds_until(
        lambda: as_member(mounted, "bob", "touch /mnt/analysis/x && echo written") == "written", 30
    )
    assert "nothing was changed" in inv.ok("mounts", **SHARES).output


@pytest.mark.parametrize("step", range(STEPS))
def test_a_power_cut_at_any_step(inv: Inv, mounted: Machine, step: int) -> None:
    made = _cut_at(step, inv, mounted)
    assert len(made) == step, made
    mounted.boot()
    assert mounted.root("systemctl is-system-running --wait || true") == "running"
    mounted.root("findmnt --verify")
    again = inv.ok("mounts", **WANTED).output
    rows = re.findall(r"^//.*? (/\S+) +(\w+) +(\w+) +(\w+)", again, re.MULTILINE)
    assert rows == [
        ("/mnt/data", "yes", "yes", "yes"),
        ("/mnt/leem", "yes", "yes", "yes"),
        ("/data/more", "yes", "yes", "refused"),
    ]
    assert mounted.root("ls /mnt /srv/labhub /etc/labhub/credentials").split() == [
        *("/etc/labhub/credentials:", "data", "leem", "more"),
        *("/mnt:", "data", "leem"),
        *("/srv/labhub:", "data", "leem", "more"),
    ]
    assert "nothing was changed" in inv.ok("mounts", **WANTED).output


def test_the_steps_above_are_all_that_there_are(inv: Inv, mounted: Machine) -> None:
    assert len(inv.ok("mounts", **WANTED).changes) == STEPS


def _cut_at(step: int, inv: Inv, host: Machine) -> list[str]:
    """Cut the power while the change after so many is under way; return those that were made."""
    made = []
    with subprocess.Popen(
        inv.command("mounts"),
        cwd=ROOT,
        env=inv.environment(**WANTED) | {"PYTHONUNBUFFERED": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as task:
        assert task.stdout
        lock = "while flock --nonblock /run/labhub/host.lock true; do :; done"
        if step == 0:
            host.root(lock)
        else:
            for line in task.stdout:
                made.append(line)
                if len(made) == step:
                    break
        host.power_cut()
        # Nobody is there any more to end the connection.
        task.kill()
    return made
