"""The virtual host and the file server themselves: what the tests of shares rely on."""

import subprocess
import sys
import time

from sandbox.layout import ROOT
from sandbox.patience import ANSWER, TASK
from sandbox.vm.fileserver import ADDRESS, PORT, FileServer
from sandbox.vm.machine import Machine
from sandbox.vm.states import States

ASK = f"""\
timeout {ANSWER:.0f} bash -c 'exec 3<>/dev/tcp/{ADDRESS}/{PORT} && echo open' 2>&1 \
  | grep -om1 'open\\|refused' || true
"""
WAITING = "▸ Waiting for the end of another run"
BOOT_ID = "cat /proc/sys/kernel/random/boot_id"


def test_a_resumed_host_is_on_time_and_has_nothing_of_the_one_before(states: States) -> None:
    host = states.resume("bare")
    host.root("touch /root/left")
    began = time.time()
    states.resume("bare")
    # A second for the rounding. How late it is on a busy machine says nothing about the clock.
    assert began - 1 < float(host.root("date +%s.%N")) < time.time() + 1
    assert host.root("ls /root") == ""


def test_another_run_waits_for_its_turn(states: States) -> None:
    take_turn = "from sandbox.vm.turn import take_turn; take_turn()"
    with subprocess.Popen(
        [sys.executable, "-c", take_turn], cwd=ROOT, stderr=subprocess.PIPE, text=True
    ) as other:
        assert other.stderr
        assert other.stderr.read(len(WAITING)) == WAITING
        assert other.poll() is None
        other.kill()


def test_an_operator_logs_in_and_sudo_asks_for_a_password(bare: Machine) -> None:
    login = ["ssh", "-F", str(bare.layout.ssh_config), bare.layout.alias]
    asked = "sudo -n true 2>&1; echo lab-sudo | sudo -S id -un 2>/dev/null"
    done = subprocess.run([*login, asked], capture_output=True, text=True, timeout=TASK)
    assert done.stdout.splitlines() == ["sudo: a password is required", "root"]


def test_a_power_cut_keeps_what_was_written_through_and_a_boot_is_cold(bare: Machine) -> None:
    before = bare.root(BOOT_ID)
    bare.root("echo kept >/root/kept; sync; echo lost >/root/lost; echo x >/dev/shm/memory")
    bare.power_cut()
    bare.boot()
    assert bare.root("cat /root/kept") == "kept"
    assert bare.root("ls /dev/shm; cat /root/lost 2>/dev/null || true") == ""
    assert bare.root(BOOT_ID) != before


def test_a_file_server_answers_is_off_or_is_silent(bare: Machine, files: FileServer) -> None:
    assert bare.root(ASK) == "open"
    files.stop()
    assert bare.root(ASK) == "refused"
    files.start()
    files.hang()
    # Its kernel still takes connections; what is missing is any answer.
    assert bare.root(ASK) == "open"
    files.resume()
