"""An engine where none runs: installed with consent, started, ended, nothing left behind.

The fresh machine is itself a sandbox host, so that no engine of the person's own is touched.
"""

import subprocess
from ipaddress import ip_network

import pytest

from sandbox.running import Sandbox

ENGINE = "/opt/sandbox/engine.sh"
# overlay2 cannot stand on the container's own overlay, so the data goes to the volume.
CACHE = "/var/lib/docker/cache"


def engine(
    machine: Sandbox, command: str, user: str = "root", check: bool = True
) -> subprocess.CompletedProcess[str]:
    argv = ["env", f"XDG_CACHE_HOME={CACHE}", ENGINE, command]
    return machine.exec(argv, user=user, check=check)


def processes(machine: Sandbox) -> str:
    return machine.exec(["ps", "-eo", "args"]).stdout


@pytest.fixture(scope="module")
def with_package(machine: Sandbox) -> Sandbox:
    """Install Docker as the script does it, then stop the engine that systemd started."""
    asked = engine(machine, "up")
    # The system's own engine serves where the package has started one.
    assert asked.stdout.strip() == "unix:///var/run/docker.sock"
    assert "dockerd" in processes(machine)
    machine.exec(["systemctl", "disable", "--now", "docker.service", "docker.socket"])
    machine.exec(["ip", "link", "delete", "docker0"])
    return machine


def test_nothing_is_installed_unasked(machine: Sandbox) -> None:
    done = engine(machine, "up", user="agfalta", check=False)
    assert done.returncode == 1
    assert "`sudo apt-get install --no-install-recommends docker.io`" in done.stderr
    assert "YES=1" in done.stderr
    assert done.stdout == ""
    assert machine.exec(["ls", "/usr/sbin/dockerd"], check=False).returncode != 0


def test_no_engine_is_told_by_the_exit_code(machine: Sandbox) -> None:
    assert engine(machine, "host", check=False).returncode == 1


def test_an_own_engine_starts_once_and_leaves_nothing(with_package: Sandbox) -> None:
    machine = with_package
    address = engine(machine, "up").stdout.strip()
    assert address.startswith("unix:///run/labhub-")
    again = engine(machine, "up")
    assert (again.stdout.strip(), again.stderr) == (address, "")
    assert engine(machine, "host").stdout.strip() == address
    info = ["docker", "--host", address, "info", "--format", "{{.Driver}} {{.DockerRootDir}}"]
    assert machine.exec(info).stdout.split() == ["overlay2", f"{CACHE}/labhub/docker"]

    engine(machine, "stop")
    assert "--pidfile /run/labhub-" not in processes(machine)
    machine.exec(["ls", f"{CACHE}/labhub/docker"])
    engine(machine, "up")
    engine(machine, "down")
    engine(machine, "down")
    assert "--pidfile /run/labhub-" not in processes(machine)
    assert machine.exec(["ls", CACHE]).stdout == ""
    assert "labhub-" not in machine.exec(["ls", "/run"]).stdout
    links = machine.exec(["ip", "link"]).stdout
    assert "docker0" not in links
    assert "labhub-" not in links
    assert "DOCKER" not in machine.exec(["iptables-save"]).stdout


def test_another_engine_gives_no_container_an_address_of_ours(with_package: Sandbox) -> None:
    machine = with_package
    own = engine(machine, "up").stdout.strip()
    machine.exec(["systemctl", "start", "docker.service"])
    inspect = ["network", "inspect", "bridge", "--format", "{{(index .IPAM.Config 0).Subnet}}"]
    networks = [
        ip_network(machine.exec(["docker", "--host", host, *inspect]).stdout.strip())
        for host in (own, "unix:///var/run/docker.sock")
    ]
    assert not networks[0].overlaps(networks[1])

    engine(machine, "down")
    assert "docker0" in machine.exec(["ip", "link"]).stdout
    assert "-i docker0" in machine.exec(["iptables-save"]).stdout
    machine.exec(["systemctl", "stop", "docker.service", "docker.socket"])
    machine.exec(["ip", "link", "delete", "docker0"])


def test_only_the_engine_that_was_started_is_stopped(with_package: Sandbox) -> None:
    machine = with_package
    machine.exec(["systemctl", "start", "docker.service"])
    engine(machine, "down")
    assert machine.exec(["systemctl", "is-active", "docker"]).stdout.strip() == "active"
    machine.exec(["docker", "version"])


def test_a_process_id_that_now_belongs_to_another_program_is_not_killed(
    with_package: Sandbox,
) -> None:
    machine = with_package
    machine.exec(["systemctl", "stop", "docker.service", "docker.socket"])
    engine(machine, "up")
    find = "cat /run/labhub-*/dockerd.pid; echo; ls -d /run/labhub-*"
    pid, run = machine.exec(["sh", "-c", find]).stdout.split()
    machine.exec(["kill", "-KILL", pid])
    machine.exec(["sh", "-c", f"echo 1 > {run}/dockerd.pid"])
    engine(machine, "stop")
    assert machine.exec(["ps", "-p", "1", "-o", "comm="]).stdout.strip() == "systemd"
