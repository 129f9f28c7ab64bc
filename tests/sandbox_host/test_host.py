"""The sandbox host is a bare server with SSH and sudo, and what it was survives what it should."""

import subprocess
from pathlib import Path

import pytest

from sandbox import container, engine, host
from sandbox.diagnosis import why_unreachable
from sandbox.engine import SandboxError
from sandbox.layout import SUDO_PASSWORD
from sandbox.running import Sandbox


def ssh(sandbox: Sandbox, *command: str, text: str = "") -> subprocess.CompletedProcess[str]:
    # Without HOME and agent: what `inv sandbox` wrote is all that a login needs.
    return subprocess.run(
        sandbox.ssh_argv(*command),
        input=text,
        capture_output=True,
        text=True,
        env={"PATH": "/usr/bin:/bin"},
        check=False,
    )


def started_at(sandbox: Sandbox) -> str:
    sandbox.container.reload()
    return str(sandbox.container.attrs["State"]["StartedAt"])


def test_the_operator_logs_in_with_the_written_config_alone(bare: Sandbox) -> None:
    done = ssh(bare, "id -un; hostname")
    assert done.stdout.split() == ["agfalta", bare.alias], done.stderr + why_unreachable(bare)


def test_what_stands_between_here_and_sshd_is_told(bare: Sandbox) -> None:
    said = why_unreachable(bare)
    assert said.count("SSH-2.0-OpenSSH") == 2, "from here and from inside"
    assert "Accepted publickey" in said
    bare.exec(["systemctl", "stop", "ssh"])
    assert "Connection refused" in why_unreachable(bare)
    bare.exec(["systemctl", "start", "ssh"])


def test_it_is_debian_13_and_booted_without_a_failed_unit(bare: Sandbox) -> None:
    assert 'VERSION_ID="13"' in ssh(bare, "cat /etc/os-release").stdout
    assert ssh(bare, "systemctl is-system-running").stdout.strip() == "running"


@pytest.mark.parametrize("program", ["docker", "dockerd", "rsync", "mmdebstrap", "git", "python3"])
def test_it_is_bare(bare: Sandbox, program: str) -> None:
    assert ssh(bare, "PATH=$PATH:/usr/sbin command -v", program).returncode != 0


def test_sudo_asks_for_the_password(bare: Sandbox) -> None:
    refused = ssh(bare, "sudo -n id -u")
    assert refused.returncode != 0
    assert "password is required" in refused.stderr
    assert ssh(bare, "sudo -S -p '' id -u", text=f"{SUDO_PASSWORD}\n").stdout.strip() == "0"
    assert ssh(bare, "id -nG").stdout.split() == ["agfalta", "sudo"]


def test_the_env_file_is_private_and_names_the_alias(bare: Sandbox) -> None:
    assert bare.env_file.stat().st_mode & 0o777 == 0o600
    assert f"LAB_HOST={bare.alias}\n" in bare.env_file.read_text()
    assert bare.url in bare.env_file.read_text()


def test_another_host_key_is_refused(bare: Sandbox, tmp_path: Path) -> None:
    empty = tmp_path / "known_hosts"
    empty.touch()
    done = ssh(bare, "-o", f"UserKnownHostsFile={empty}", "true")
    assert done.returncode == 255
    strict = subprocess.run(
        [
            "ssh",
            "-F",
            str(bare.ssh_config),
            "-o",
            f"UserKnownHostsFile={empty}",
            bare.alias,
            "true",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "verification failed" in strict.stderr


def test_certificates_of_this_machine_are_on_the_host(bare: Sandbox) -> None:
    def names(listing: str) -> set[str]:
        return {Path(line).name for line in listing.split()}

    here = subprocess.run(
        ["find", "/usr/local/share/ca-certificates", "-name", "*.crt"],
        capture_output=True,
        text=True,
        check=False,
    )
    there = bare.exec(["find", "/usr/local/share/ca-certificates", "-name", "*.crt"])
    assert names(here.stdout) == names(there.stdout)


def test_up_again_leaves_a_running_host_alone(bare: Sandbox) -> None:
    before = started_at(bare)
    again = host.up("t-bare")
    assert started_at(again) == before
    assert (again.ssh_port, again.web_port) == (bare.ssh_port, bare.web_port)


def test_a_reboot_keeps_everything(bare: Sandbox) -> None:
    bare.exec(["touch", "/etc/kept", "/var/lib/docker/kept"])
    before = started_at(bare)
    bare.restart()
    assert started_at(bare) != before
    assert ssh(bare, "ls /etc/kept").returncode == 0
    bare.exec(["ls", "/var/lib/docker/kept"])


def test_a_host_that_was_stopped_comes_up_again_as_it_was(bare: Sandbox) -> None:
    bare.exec(["touch", "/etc/kept-when-stopped"])
    bare.container.stop(timeout=60)
    again = host.up("t-bare")
    assert ssh(again, "ls /etc/kept-when-stopped").returncode == 0


def test_a_failing_command_of_the_back_door_is_a_sentence(bare: Sandbox) -> None:
    with pytest.raises(SandboxError, match="ls in the sandbox ended with 2"):
        bare.exec(["ls", "/nowhere"])
    assert bare.exec(["id", "-un"], user="agfalta").stdout == "agfalta\n"


def test_a_reset_host_is_bare_at_the_same_address_with_the_same_key(bare: Sandbox) -> None:
    known = bare.layout.known_hosts.read_text()
    bare.exec(["touch", "/etc/gone", "/var/lib/docker/gone"])
    fresh = host.reset("t-bare")
    assert (fresh.ssh_port, fresh.web_port) == (bare.ssh_port, bare.web_port)
    assert fresh.layout.known_hosts.read_text() == known
    assert ssh(fresh, "ls /etc/gone").returncode == 2
    assert fresh.exec(["ls", "/var/lib/docker"]).stdout == ""


def test_down_leaves_nothing_and_may_be_repeated() -> None:
    layout = host.up("t-down").layout
    host.down("t-down")
    host.down("t-down")
    client = engine.connect()
    assert container.find(client, layout) is None
    assert layout.volume not in [volume.name for volume in client.volumes.list()]
    assert not layout.folder.exists()
    assert not layout.env_file.exists()


def test_keys_that_were_removed_by_hand_are_made_anew() -> None:
    layout = host.up("t-keys").layout
    for path in layout.folder.iterdir():
        path.unlink()
    try:
        assert ssh(host.up("t-keys"), "true").returncode == 0
    finally:
        host.down("t-keys")
