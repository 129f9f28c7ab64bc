"""`inv deploy`: a bare host becomes a running hub, and stays one whatever happens to it."""

import signal

import pytest

from sandbox.inv import SESSIONS, Inv
from sandbox.patience import finish, until
from sandbox.running import Sandbox
from tests.sandbox.look import (
    SERVICES,
    another_system,
    count_sessions,
    held_lock,
    inspect,
    sh,
    started,
    touched,
    until_all_healthy,
    wait_for_login_page,
)
from tests.sandbox.states import States

STATE = "deployed"


def test_a_bare_host_becomes_a_running_hub(states: States, hub: str) -> None:
    made = states.made(STATE)
    assert [change.split()[0] for change in made.outcome.changes] == [
        *("Install", "Start", "Make", "Generate", "Copy", "Build", "Generate", "Start")
    ]
    assert made.url in made.outcome.output
    page = wait_for_login_page(hub)
    assert "Sandbox Lab" in page.text


def test_the_second_deploy_is_one_session_that_changes_nothing(inv: Inv, host: Sandbox) -> None:
    before = started(host)
    sessions = count_sessions(host)
    outcome = inv.ok("deploy")
    assert "everything is right already, nothing was changed" in outcome.output
    assert outcome.changes == []
    assert count_sessions(host) - sessions == 1
    assert started(host) == before


@pytest.mark.parametrize("settings", [{"MEMORY_LIMIT": "3G"}, {"LAB_NAME": 'Lab\'s "x" $HOME'}])
def test_a_changed_setting_redeploys_only_what_it_touches(
    inv: Inv, host: Sandbox, settings: dict[str, str]
) -> None:
    before = started(host)
    inv.ok("deploy", **settings)
    assert touched(before, started(host)) == {"hub"}
    for key, value in settings.items():
        assert f"{key}={value}" in inspect(host, "labhub-hub")["Config"]["Env"]
    inv.ok("deploy")


def test_only_ssh_and_the_hubs_port_listen_on_the_lan(hub: str, host: Sandbox) -> None:
    lines = sh(host, "ss -Hltn").splitlines()
    sockets = {line.split()[3] for line in lines}
    loopback = {s for s in sockets if s.startswith(("127.", "[::1]"))}
    assert {"127.0.0.1:5000", "127.0.0.1:501"} <= loopback
    assert {s.rpartition(":")[2] for s in sockets - loopback} == {"22", "80"}


def test_services_come_back_by_themselves_and_their_logs_are_rotated(
    hub: str, host: Sandbox
) -> None:
    for name in SERVICES:
        config = inspect(host, f"labhub-{name}")["HostConfig"]
        assert config["RestartPolicy"]["Name"] == "unless-stopped"
        assert config["LogConfig"]["Type"] == "json-file"
        assert set(config["LogConfig"]["Config"]) == {"max-size", "max-file"}


def test_no_secret_is_in_what_docker_tells(hub: str, host: Sandbox) -> None:
    token = sh(host, "cat /etc/labhub/proxy_token")
    assert len(token) == 64
    password = sh(host, "cat /etc/labhub/registry_password")
    assert len(password) == 64
    told = sh(host, "docker inspect labhub-registry labhub-proxy labhub-hub")
    processes = sh(host, "ps axww -o args")
    audit = sh(host, "cat /var/log/labhub/audit.log")
    for text in (told, processes, audit):
        assert token not in text and password not in text
        assert "lab-sudo" not in text
    assert sh(host, "stat -c '%a %u %g' /etc/labhub/proxy_token") == "640 0 13"
    assert sh(host, "stat -c '%a %u %g' /etc/labhub/registry_password") == "600 0 0"


def test_each_change_is_in_the_audit_log(hub: str, host: Sandbox) -> None:
    lines = sh(host, "cat /var/log/labhub/audit.log").splitlines()
    assert all(len(line.split("\t")) == 5 for line in lines)
    assert any(
        line.endswith("done\tStart registry, proxy and hub and wait until the hub answers")
        for line in lines
    )


def test_a_service_that_was_stopped_or_removed_is_brought_back(
    inv: Inv, host: Sandbox, hub: str
) -> None:
    sh(host, "docker stop labhub-registry; docker rm --force labhub-proxy")
    before = inspect(host, "labhub-hub")["State"]["StartedAt"]
    assert inv.ok("deploy").changes[-1] == (
        "Start registry and proxy and wait until the hub answers"
    )
    assert inspect(host, "labhub-hub")["State"]["StartedAt"] == before
    wait_for_login_page(hub)


def test_a_release_that_does_not_start_is_replaced_by_the_one_before(
    inv: Inv, host: Sandbox, hub: str
) -> None:
    said = inv.fails("deploy", HUB_PORT="22")
    assert "this failed: Start proxy and wait until the hub answers" in said
    assert "22" in said and "address already in use" in said
    assert "put back" in said
    wait_for_login_page(hub)
    assert "nothing was changed" in inv.ok("deploy").output


MOMENTS = {
    "asking": SESSIONS,
    "holding the lock": "cat /run/labhub/host.lock",
    "between two changes": "tail -n 1 /var/log/labhub/audit.log",
    "starting the hub": "docker inspect --format '{{.State.StartedAt}}' labhub-hub",
}
"""When a deploy is interrupted: as soon as the host answers this in another way."""


@pytest.mark.parametrize("moment", MOMENTS)
def test_an_interrupted_deploy_is_repaired_by_the_next(
    inv: Inv, host: Sandbox, hub: str, moment: str
) -> None:
    settings = {"MEMORY_LIMIT": f"{2000 + list(MOMENTS).index(moment)}M"}
    probe = f"{{ {MOMENTS[moment].strip()}; }} || true"
    before = sh(host, probe)
    with inv.begin("deploy", **settings) as task:
        until(lambda: sh(host, probe) != before or task.poll() is not None, moment, pause=0.02)
        task.send_signal(signal.SIGINT)
        _, errors = finish(task)
    assert "Traceback" not in errors
    if task.returncode:
        assert "run the task again" in errors
        assert (task.returncode, len(errors.splitlines())) == (130, 1)
    inv.ok("deploy", "--wait", **settings)
    limit = f"MEMORY_LIMIT={settings['MEMORY_LIMIT']}"
    assert limit in inspect(host, "labhub-hub")["Config"]["Env"]
    assert "nothing was changed" in inv.ok("deploy", **settings).output
    wait_for_login_page(hub)


def test_an_interrupt_in_the_line_of_operators_leaves_the_host_alone(
    inv: Inv, host: Sandbox, hub: str
) -> None:
    with (
        held_lock(host, "eve@desk, inv deploy, since 10:00"),
        inv.begin("deploy", "--wait", MEMORY_LIMIT="1999M") as task,
    ):
        assert task.stdout and "eve@desk" in task.stdout.readline()
        task.send_signal(signal.SIGINT)
        _, errors = finish(task)
    assert (task.returncode, len(errors.splitlines())) == (130, 1)
    assert "Interrupted. What was done stays" in errors
    assert "MEMORY_LIMIT=1999M" not in inspect(host, "labhub-hub")["Config"]["Env"]


CUT = """\
timeout 600 bash -c 'while [ "$(cat $0)" = "$1" ]; do sleep 0.01; done' "$1" "$2"
pkill -KILL -u agfalta sshd-sess
"""
"""Cut the operator's connection as soon as the lock is somebody else's."""


def test_a_lost_connection_is_one_sentence_and_the_next_run_finishes(
    inv: Inv, host: Sandbox, hub: str
) -> None:
    lock = "/run/labhub/host.lock"
    before = sh(host, f"cat {lock} || true")
    with inv.begin("deploy", MEMORY_LIMIT="1G") as task:
        # Its line in the lock is the first that a session writes: it is cut amid its changes.
        sh(host, CUT, lock, before)
        _, errors = finish(task)
    assert task.returncode == 1
    assert f"The connection to agfalta@{host.alias} was lost after" in errors
    assert "Traceback" not in errors
    inv.ok("deploy", "--wait", MEMORY_LIMIT="1G")
    assert "MEMORY_LIMIT=1G" in inspect(host, "labhub-hub")["Config"]["Env"]
    inv.ok("deploy")


def test_a_second_operator_is_told_who_is_at_work_and_may_wait(
    inv: Inv, host: Sandbox, hub: str
) -> None:
    with held_lock(host, "eve@desk, inv deploy, since 10:00"):
        said = inv.fails("deploy", CPU_LIMIT="1.5")
        assert "is being changed by somebody else: eve@desk, inv deploy, since 10:00" in said
        assert "--wait" in said
        task = inv.begin("deploy", "--wait", CPU_LIMIT="1.5")
        assert task.stdout
        assert "somebody else changes this host: eve@desk" in task.stdout.readline()
    output, errors = finish(task)
    assert task.returncode == 0, errors
    assert "Start hub" in output
    inv.ok("deploy")


def test_what_could_not_be_asked_is_not_taken_for_nothing(
    inv: Inv, host: Sandbox, hub: str
) -> None:
    before = started(host)
    away = "/run/docker.sock"
    sh(host, f"mv {away} {away}.away")
    try:
        said = inv.fails("deploy")
    finally:
        sh(host, f"mv {away}.away {away}")
    assert "could not be asked about its containers (exit status 1)" in said
    assert "Cannot connect to the Docker daemon" in said and "Mend that, then run" in said
    assert started(host) == before


def test_another_system_is_right_where_compose_works(inv: Inv, host: Sandbox, hub: str) -> None:
    with another_system(host):
        assert "nothing was changed" in inv.ok("deploy").output


def test_after_a_reboot_everything_is_back_by_itself(host: Sandbox, hub: str, inv: Inv) -> None:
    host.restart()
    until_all_healthy(host)
    assert "nothing was changed" in inv.ok("deploy").output


def test_compose_finds_nothing_wrong(hub: str, host: Sandbox) -> None:
    sh(host, "cd /opt/labhub/current/ && docker compose --env-file settings.env config --quiet")
