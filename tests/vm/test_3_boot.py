"""Reboots and power cuts: what was configured is there again, with nobody's help."""

import re
import subprocess

import pytest

from sandbox.inv import Inv
from sandbox.layout import ROOT
from sandbox.patience import TASK, until
from sandbox.vm.fileserver import ADDRESS, FileServer
from sandbox.vm.machine import Machine
from sandbox.vm.states import SHARES, share
from tests.vm.look import as_member

WANTED = SHARES | {
    "MOUNT_DATA": share("data", "rw", ",actimeo=5"),
    "MOUNT_ANALYSIS": "",
    "MOUNT_MORE": share("my share", "ro at=/data/more"),
    "SMB_DOMAIN_DATA": "LAB",
}
"""From the state `mounted` it takes changes of every kind: options, login, new, removed."""
STEPS = (
    f"Try to mount //{ADDRESS}/data, before anything is written",
    f"Try to mount //{ADDRESS}/my share, before anything is written",
    f"Write the login for //{ADDRESS}/data",
    f"Write the login for //{ADDRESS}/my share",
    "Make /data/more a link to /srv/labhub/more/share, where nothing else can be written",
    "Describe 3 mounts in /etc/fstab",
    "Unmount analysis and take it away from /mnt/analysis",
    f"Mount //{ADDRESS}/data at /mnt/data",
    f"Mount //{ADDRESS}/my share at /data/more",
    "Offer labs data, leem, more",
)
_LOCKED = r"""
# Who takes a lock to see whether it is taken would now and then be the one that the run meets.
inode=$(stat -c %i /run/labhub/host.lock)
until grep -q ":$inode " /proc/locks; do :; done
"""
LED_THERE = 7
"""So many steps are met by runs that each go on where the one before was cut.

The next two are not: a boot mounts everything anew.
"""


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
    assert subprocess.run(login, capture_output=True, text=True, timeout=TASK).stdout == "agfalta\n"
    assert mounted.root("systemctl is-system-running --wait || true") == "running"
    assert "No such device" in as_member(mounted, "bob", "ls /mnt/analysis/")
    assert "no file server listens there" in inv.fails("mounts", "--check", **SHARES)
    files.start()
    until(
        lambda: as_member(mounted, "bob", "touch /mnt/analysis/x && echo written") == "written",
        "The share is there again",
        pause=1,
    )
    assert "nothing was changed" in inv.ok("mounts", **SHARES).output


def test_the_steps_are_all_that_there_are(inv: Inv, mounted: Machine) -> None:
    assert tuple(inv.ok("mounts", **WANTED).changes) == STEPS


def test_after_power_cuts_at_each_step_the_next_run_goes_on(inv: Inv, mounted: Machine) -> None:
    for step in range(LED_THERE):
        print(f"The power is cut before step {step} of {LED_THERE}")
        _cut_at(step, inv, mounted)
        _boots(mounted)
    _is_made_right(mounted, inv)


@pytest.mark.parametrize("step", range(LED_THERE, len(STEPS)))
def test_after_a_power_cut_at_one_of_the_last_steps_the_next_run_ends_it(
    inv: Inv, mounted: Machine, step: int
) -> None:
    _cut_at(step, inv, mounted)
    _boots(mounted)
    _is_made_right(mounted, inv)


def _cut_at(step: int, inv: Inv, host: Machine) -> None:
    """Cut the power when what comes before a step has been made, or was made already."""
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
        if step == 0:
            host.root(_LOCKED)
        else:
            assert any(why in line for line in task.stdout for why in STEPS[step - 1 :])
        host.power_cut()
        # Nobody is there any more to end the connection.
        task.kill()


def _boots(host: Machine) -> None:
    host.boot()
    assert host.root("systemctl is-system-running --wait || true") == "running"
    assert host.root("findmnt --verify").startswith("Success, no errors or warnings")


def _is_made_right(host: Machine, inv: Inv) -> None:
    outcome = inv.ok("mounts", **WANTED)
    rows = re.findall(r"^//.*? (/\S+) +(\w+) +(\w+) +(\w+)", outcome.output, re.MULTILINE)
    assert rows == [
        ("/mnt/data", "yes", "yes", "yes"),
        ("/mnt/leem", "yes", "yes", "yes"),
        ("/data/more", "yes", "yes", "refused"),
    ]
    assert host.root("ls /mnt /srv/labhub /etc/labhub/credentials").split() == [
        *("/etc/labhub/credentials:", "data", "leem", "more"),
        *("/mnt:", "data", "leem"),
        *("/srv/labhub:", "data", "leem", "more"),
    ]
    assert "nothing was changed" in inv.ok("mounts", **WANTED).output
