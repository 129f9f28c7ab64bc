"""What an operator meets before anything works: each fault is one sentence with the next step."""

import os
import socket
import subprocess
import threading
from pathlib import Path

import pytest

from ops.errors import OperationError
from ops.plan.command import Secret
from ops.remote.host import Host
from ops.settings.config import load
from sandbox.inv import Inv
from sandbox.layout import ROOT
from sandbox.patience import until
from sandbox.running import Sandbox
from tests.sandbox.look import another_system, sh

STATE = None
FREE_PORT = "1"
"""Nothing listens on tcpmux here."""


def test_the_first_task_works_with_a_sudo_password_and_changes_nothing_when_dry(
    inv: Inv, host: Sandbox
) -> None:
    outcome = inv.ok("--dry", "deploy")
    assert "nothing was changed" in outcome.output
    assert "Install Docker Engine" in outcome.output
    assert "apt-get" in outcome.output
    assert sh(host, "command -v docker || echo bare") == "bare"


def test_a_folder_cannot_go_where_no_rsync_is(inv: Inv, host: Sandbox, tmp_path: Path) -> None:
    config = load(ROOT, {"LAB": inv.lab})
    with Host(config, lambda _: Secret("")) as connected:
        with pytest.raises(OperationError, match=r"^Copying to agfalta@.*: command not found"):
            connected.rsync(tmp_path, "copied", "last")
        # And the connection is as good as before.
        assert connected.ask(()).where == connected.where


def test_a_system_that_is_not_supported_is_refused_with_what_would_help(
    inv: Inv, host: Sandbox
) -> None:
    with another_system(host):
        said = inv.fails("deploy")
    assert "Arch Linux is not supported: use Debian 13 or Ubuntu 24.04" in said
    assert "Compose 2.20" in said


def test_an_unknown_host(inv: Inv) -> None:
    said = inv.fails("deploy", LAB_HOST="nowhere.invalid")
    assert "'nowhere.invalid' is not known: check LAB_HOST" in said


def test_a_wrong_port(inv: Inv) -> None:
    said = inv.fails("deploy", LAB_PORT=FREE_PORT)
    assert "port 1 refused the connection: check LAB_PORT" in said


def test_a_port_where_something_else_answers(inv: Inv) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        def answer() -> None:
            client, _ = server.accept()
            with client:
                client.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        threading.Thread(target=answer, daemon=True).start()
        said = inv.fails("deploy", LAB_PORT=str(port))
    assert said.startswith("No SSH connection to ") and "Try  ssh" in said


def test_a_key_that_the_host_refuses(inv: Inv) -> None:
    said = inv.fails("deploy", LAB_USER="stranger")
    assert "stranger@127.0.0.1" in said
    assert "refused every SSH key" in said and "ssh-copy-id" in said


def test_an_unknown_host_key_is_refused_with_the_line_that_accepts_it(
    inv: Inv, host: Sandbox, tmp_path: Path
) -> None:
    config = with_known_hosts(host, tmp_path, "")
    said = inv.fails("deploy", LAB_SSH_CONFIG=str(config))
    assert "is not known yet" in said and "SHA256:" in said
    assert f"ssh -F {config}" in said


def test_a_changed_host_key_is_refused_with_the_line_that_forgets_it(
    inv: Inv, host: Sandbox, tmp_path: Path
) -> None:
    name = host.ssh_config.with_name("known_hosts").read_text().split()[0]
    other = "AAAAC3NzaC1lZDI1NTE5AAAAIJx1A0bDkyXQHJ8gUBZrYvzPLRFJ9hOcm0sXc0Y4BqQd"
    config = with_known_hosts(host, tmp_path, f"{name} ssh-ed25519 {other}\n")
    said = inv.fails("deploy", LAB_SSH_CONFIG=str(config))
    assert "has CHANGED" in said
    assert f"ssh-keygen -R '{name}' -f {tmp_path}/known_hosts" in said


def with_known_hosts(host: Sandbox, folder: Path, known_hosts: str) -> Path:
    """Write the sandbox's SSH configuration with other known hosts; return its path."""
    (folder / "known_hosts").write_text(known_hosts)
    lines = host.ssh_config.read_text().splitlines()
    kept = [line for line in lines if "UserKnownHostsFile" not in line]
    config = folder / "ssh_config"
    config.write_text("\n".join([*kept, f"  UserKnownHostsFile {folder}/known_hosts", ""]))
    return config


def test_a_wrong_sudo_password_is_tried_once(inv: Inv, host: Sandbox) -> None:
    said = inv.fails("deploy", LAB_SUDO_PASSWORD="wrong")
    assert "refused the sudo password: correct LAB_SUDO_PASSWORD" in said
    assert "wrong" not in said


def test_no_sudo_password_and_no_terminal_to_ask_on(inv: Inv, host: Sandbox) -> None:
    text = host.env_file.read_text()
    host.env_file.write_text(text.replace("LAB_SUDO_PASSWORD=", "# "))
    try:
        assert "set LAB_SUDO_PASSWORD" in inv.fails("deploy")
    finally:
        host.env_file.write_text(text)


def test_the_sudo_password_is_asked_for_once_on_the_terminal(
    inv: Inv, host: Sandbox, tmp_path: Path
) -> None:
    text = host.env_file.read_text()
    host.env_file.write_text(text.replace("LAB_SUDO_PASSWORD=", "# "))
    try:
        printed = inv.in_terminal("add-user", "--name", "alice", typed="lab-sudo\n")
    finally:
        host.env_file.write_text(text)
    assert "Create the account jupyter-alice" in printed
    assert printed.count("password for agfalta@") == 1, "one session, one question"
    assert "lab-sudo" not in printed
    sh(host, "userdel --remove jupyter-alice 2>/dev/null")


def test_a_key_of_the_agent_is_used(inv: Inv, host: Sandbox, tmp_path: Path) -> None:
    config = with_known_hosts(host, tmp_path, host.layout.known_hosts.read_text())
    lines = config.read_text().splitlines()
    config.write_text("\n".join(line for line in lines if "Identit" not in line) + "\n")
    dry = ("--dry", "add-user", "--name", "nobody-yet")
    # A home without keys: what the operator of this machine has must not answer for the agent.
    alone = {"LAB_SSH_CONFIG": str(config), "HOME": str(tmp_path)}
    assert "There is no SSH key to log in" in inv.fails(*dry, **alone)
    socket_path = tmp_path / "agent"
    with subprocess.Popen(
        ["ssh-agent", "-D", "-a", str(socket_path)], stdout=subprocess.DEVNULL
    ) as agent:
        try:
            until(socket_path.exists, "The agent listens")
            agents = {"SSH_AUTH_SOCK": str(socket_path)}
            add = ["ssh-add", "-q", str(host.layout.operator_key)]
            subprocess.run(add, env={**os.environ, **agents}, check=True)
            inv.ok(*dry, **alone, **agents)
        finally:
            agent.terminate()


def test_a_key_with_a_passphrase_is_one_sentence(inv: Inv, host: Sandbox, tmp_path: Path) -> None:
    key = tmp_path / "locked"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "secret", "-f", key], check=True)
    config = with_known_hosts(host, tmp_path, host.layout.known_hosts.read_text())
    lines = [line for line in config.read_text().splitlines() if "Identit" not in line]
    config.write_text("\n".join([*lines, "  IdentitiesOnly yes", ""]))
    said = inv.fails("deploy", LAB_SSH_CONFIG=str(config), LAB_KEY=str(key))
    assert "has a passphrase: load it once by  ssh-add" in said


def test_an_operator_without_the_right_to_sudo(inv: Inv, host: Sandbox) -> None:
    sh(host, "gpasswd --delete agfalta sudo")
    try:
        said = inv.fails("deploy")
    finally:
        sh(host, "gpasswd --add agfalta sudo")
    assert "may not use sudo. As root there:  adduser agfalta sudo" in said


def test_sudo_without_a_password_works(inv: Inv, host: Sandbox) -> None:
    rule = "/etc/sudoers.d/test"
    sh(host, "echo 'agfalta ALL=(ALL) NOPASSWD: ALL' >$1; chmod 440 $1", rule)
    try:
        inv.ok("--dry", "add-user", "--name", "nobody-yet", LAB_SUDO_PASSWORD="not needed")
    finally:
        sh(host, "rm $1", rule)


def test_root_itself_needs_no_sudo(inv: Inv, host: Sandbox) -> None:
    host.exec(
        ["sh", "-c", "mkdir -p /root/.ssh; cp /home/agfalta/.ssh/authorized_keys /root/.ssh/"]
    )
    try:
        inv.ok("--dry", "add-user", "--name", "nobody-yet", LAB_USER="root")
    finally:
        sh(host, "rm -r /root/.ssh")


def test_a_jump_host_of_the_ssh_configuration_is_used(
    inv: Inv, host: Sandbox, tmp_path: Path
) -> None:
    # The sandbox jumps through itself: on its far side it is port 22 of its own loopback.
    key = host.ssh_config.with_name("known_hosts").read_text().split(maxsplit=1)[1]
    name = host.ssh_config.with_name("known_hosts").read_text().split()[0]
    config = with_known_hosts(host, tmp_path, f"{name} {key}\n127.0.0.2 {key}\n")
    alias = host.ssh_config.read_text().split()[1]
    identity = next(
        line for line in config.read_text().splitlines() if "IdentityFile" in line
    ).split()[1]
    with config.open("a") as file:
        file.write(
            f"Host behind\n  HostName 127.0.0.2\n  Port 22\n  User agfalta\n"
            f"  IdentityFile {identity}\n  IdentitiesOnly yes\n  ProxyJump {alias}\n"
            f"  UserKnownHostsFile {tmp_path}/known_hosts\n"
        )
    outcome = inv.ok(
        *("--dry", "add-user", "--name", "nobody-yet"),
        LAB_HOST="behind",
        LAB_SSH_CONFIG=str(config),
    )
    assert "agfalta@behind" in outcome.output
    (tmp_path / "known_hosts").write_text(f"127.0.0.2 {key}\n")
    assert "is not known yet" in inv.fails(
        *("--dry", "add-user", "--name", "nobody-yet"),
        LAB_HOST="behind",
        LAB_SSH_CONFIG=str(config),
    ), "the jump host's own key is checked as strictly"


@pytest.mark.parametrize(
    ("setting", "value"), [("LAB_PORT", "x"), ("LAB_KEY", "/nowhere"), ("LAB_HOST", "a b")]
)
def test_a_mistake_in_the_configuration_ends_before_any_connection(
    inv: Inv, setting: str, value: str
) -> None:
    assert f"{setting}: should be" in inv.fails("deploy", **{setting: value})


@pytest.mark.parametrize(
    "name", ["Anna", "../x", "a b", "a.b", "$(id)", "-rf", "ä", "root", "", "a" * 40]
)
def test_a_name_that_cannot_be_is_refused_before_any_connection(inv: Inv, name: str) -> None:
    said = inv.fails("add-user", f"--name={name}", LAB_HOST="nowhere.invalid")
    assert "nowhere" not in said
    assert "name" in said
