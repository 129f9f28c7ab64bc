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
    machine: Sandbox, command: str, user: str = "root", check: bool = True, cache: str = CACHE
) -> subprocess.CompletedProcess[str]:
    argv = ["env", f"XDG_CACHE_HOME={cache}", ENGINE, command]
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
    done = engine(machine, "up", user="agfalta", check=False, cache="/home/agfalta/.cache")
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
    assert_nothing_of_ours_in_the_network(machine)


def test_an_engine_that_is_off_keeps_the_sandboxes_of_another_clone(with_package: Sandbox) -> None:
    machine = with_package
    docker = ["docker", "--host", engine(machine, "up").stdout.strip()]
    machine.exec(["sh", "-c", f"tar -cT /dev/null | {' '.join(docker)} import - empty:1"])
    of_another = ["--label", "labhub.sandbox=/home/eve/labhub"]
    machine.exec([*docker, "create", "--name", "eves", *of_another, "empty:1", "sh"])
    engine(machine, "stop")
    clean = ["env", f"XDG_CACHE_HOME={CACHE}", "/opt/sandbox/clean.sh", "engine"]
    assert "another clone" in machine.exec(clean).stderr
    engine(machine, "up")
    machine.exec([*docker, "rm", "eves"])
    engine(machine, "stop")
    assert "another clone" not in machine.exec(clean).stderr
    assert machine.exec(["ls", CACHE]).stdout == ""


def test_an_engine_goes_on_while_another_clone_has_a_sandbox_on_it(with_package: Sandbox) -> None:
    machine = with_package
    docker = ["docker", "--host", engine(machine, "up").stdout.strip()]
    machine.exec(["mkdir", "-p", "/home/eve/labhub"])
    for clone in ("/home/eve/labhub", "/home/eve/removed", "/opt"):
        machine.exec([*docker, "volume", "create", "--label", f"labhub.sandbox={clone}"])
    assert "goes on: another clone has a sandbox on it" in engine(machine, "stop").stderr
    machine.exec([*docker, "version"])
    machine.exec(["rmdir", "/home/eve/labhub"])
    engine(machine, "stop")
    assert "--pidfile /run/labhub-" not in processes(machine)
    engine(machine, "down")


def test_an_engine_goes_on_for_a_clone_that_has_just_asked_for_it(with_package: Sandbox) -> None:
    machine = with_package
    other = "/home/eve/lab hub"
    machine.exec(["bash", "-c", 'mkdir -p "$1" && cp -r /opt/sandbox "$1"', "copy", other])
    ask = ["env", f"XDG_CACHE_HOME={CACHE}", f"{other}/sandbox/engine.sh"]
    address = engine(machine, "up").stdout.strip()
    assert machine.exec([*ask, "up"]).stdout.strip() == address
    assert "goes on: another clone has just asked" in engine(machine, "stop").stderr
    machine.exec(["docker", "--host", address, "version"])
    # Who has stopped it does not hold it up for the other one.
    machine.exec([*ask, "stop"])
    assert "--pidfile /run/labhub-" not in processes(machine)
    # What was asked for long ago holds up nobody, nor does a clone that is gone.
    for late in ('sed -i "s/^[0-9]*/1/" "$2"', 'rm -r "$1"'):
        engine(machine, "up")
        machine.exec([*ask, "up"])
        machine.exec(["bash", "-c", late, "late", other, f"{CACHE}/labhub/engine.asked"])
        assert engine(machine, "stop").stderr.count("goes on") == 0
    assert "--pidfile /run/labhub-" not in processes(machine)
    engine(machine, "down")


def test_who_begins_while_another_ends_has_an_engine_that_answers(with_package: Sandbox) -> None:
    machine = with_package
    both = f"XDG_CACHE_HOME={CACHE} {ENGINE} stop & XDG_CACHE_HOME={CACHE} {ENGINE} up; wait"
    for _ in range(3):
        engine(machine, "up")
        machine.exec(["bash", "-c", both])
        address = engine(machine, "up").stdout.strip()
        machine.exec(["docker", "--host", address, "version"])
    engine(machine, "down")


def test_an_engine_that_has_lost_its_socket_is_ended_before_another_begins(
    with_package: Sandbox,
) -> None:
    machine = with_package
    engine(machine, "up")
    machine.exec(["sh", "-c", "rm /run/labhub-*/docker.sock"])
    address = engine(machine, "up").stdout.strip()
    machine.exec(["docker", "--host", address, "version"])
    assert processes(machine).count("--pidfile /run/labhub-") == 1
    engine(machine, "down")


def network(machine: Sandbox, address: str) -> str:
    inspect = ["network", "inspect", "bridge", "--format", "{{(index .IPAM.Config 0).Subnet}}"]
    return machine.exec(["docker", "--host", address, *inspect]).stdout.strip()


def rules(machine: Sandbox) -> list[str]:
    """Return the packet filter, but for its comments and counters."""
    saved = machine.exec(["sh", "-c", "iptables-save; ip6tables-save"]).stdout
    return [line.partition(" [")[0] for line in saved.splitlines() if line[0] != "#"]


def forwarding(machine: Sandbox) -> str:
    ask = "cat /proc/sys/net/ipv4/ip_forward; iptables --list-rules FORWARD"
    return machine.exec(["sh", "-c", ask]).stdout


def assert_nothing_of_ours_in_the_network(machine: Sandbox) -> None:
    assert "labhub-" not in machine.exec(["ip", "link"]).stdout
    assert not [rule for rule in rules(machine) if "labhub-" in rule]


def test_two_engines_of_ours_share_no_address_and_the_last_one_undoes_all(
    with_package: Sandbox,
) -> None:
    machine = with_package
    undo = "echo 0 >/proc/sys/net/ipv4/ip_forward; iptables -F FORWARD; iptables -P FORWARD ACCEPT"
    machine.exec(["sh", "-c", undo])
    before = forwarding(machine)
    caches = CACHE, f"{CACHE}-of-another"
    addresses = [engine(machine, "up", cache=cache).stdout.strip() for cache in caches]
    one, other = (ip_network(network(machine, address)) for address in addresses)
    assert not one.overlaps(other)
    assert forwarding(machine).startswith("1\n-P FORWARD DROP\n")
    engine(machine, "down", cache=caches[0])
    assert forwarding(machine).startswith("1\n-P FORWARD DROP\n")
    machine.exec(["docker", "--host", addresses[1], "version"])
    engine(machine, "down", cache=caches[1])
    assert forwarding(machine) == before
    assert_nothing_of_ours_in_the_network(machine)


def test_the_network_of_another_engine_stays_as_it_is(with_package: Sandbox) -> None:
    machine = with_package
    machine.exec(["systemctl", "start", "docker.service"])
    before = rules(machine)
    assert "-A FORWARD -i docker0 -o docker0 -j ACCEPT" in before
    # As it is where the person may not use the system's engine.
    machine.exec(["mv", "/run/docker.sock", "/run/docker.sock.away"])
    own = engine(machine, "up").stdout.strip()
    machine.exec(["mv", "/run/docker.sock.away", "/run/docker.sock"])
    assert own.startswith("unix:///run/labhub-")
    systems = network(machine, "unix:///run/docker.sock")
    assert not ip_network(network(machine, own)).overlaps(ip_network(systems))
    assert [rule for rule in rules(machine) if "labhub-" not in rule] == before
    engine(machine, "down")
    assert rules(machine) == before
    assert "docker0" in machine.exec(["ip", "link"]).stdout
    machine.exec(["systemctl", "stop", "docker.service", "docker.socket"])


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
    # As a container that was killed with it leaves it.
    left = f"mkdir -p {run}/exec/netns && cd {run}/exec/netns && touch left"
    machine.exec(["sh", "-c", f"{left} && mount --bind /proc/self/ns/net left"])
    machine.exec(["sh", "-c", f"echo 1 > {run}/dockerd.pid"])
    # What was killed has left its network and its containerd: the engine is ended properly.
    engine(machine, "stop")
    assert machine.exec(["ps", "-p", "1", "-o", "comm="]).stdout.strip() == "systemd"
    assert run not in processes(machine)
    engine(machine, "down")
    assert machine.exec(["ls", CACHE]).stdout == ""
    assert_nothing_of_ours_in_the_network(machine)
