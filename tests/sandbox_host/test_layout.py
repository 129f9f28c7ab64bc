"""Names and files of a sandbox, without any engine."""

import socket
from pathlib import Path

from dotenv import dotenv_values

from sandbox import ports
from sandbox.layout import Layout, render_env, render_ssh_config


def test_two_clones_never_share_a_name() -> None:
    one, other = Layout(Path("/a/labhub"), "sandbox"), Layout(Path("/b/labhub"), "sandbox")
    assert one.container != other.container
    assert one.image != other.image
    assert one.labels != other.labels


def test_two_sandboxes_of_a_clone_share_only_the_image() -> None:
    one, other = Layout(Path("/a"), "sandbox"), Layout(Path("/a"), "second")
    assert one.image == other.image
    for attribute in ("container", "volume", "alias", "ssh_config", "env_file", "host_key"):
        assert getattr(one, attribute) != getattr(other, attribute)


def test_env_is_read_back_as_it_was_meant(tmp_path: Path) -> None:
    layout = Layout(tmp_path / "a clone # with $HOME", "sandbox")
    path = tmp_path / ".env.sandbox"
    path.write_text(render_env(layout, 8001))
    values = dotenv_values(path)
    assert values["LAB_SSH_CONFIG"] == str(layout.ssh_config)
    assert values["HUB_URL"] == "http://127.0.0.1:8001"
    assert values["LAB_HOST"] == "labhub-sandbox"


def test_env_keeps_what_a_person_added() -> None:
    layout = Layout(Path("/a"), "sandbox")
    edited = render_env(layout, 8000) + "IDLE_HOURS=1\n# mine\nLAB_NAME=Other\n"
    again = render_env(layout, 8005, edited)
    assert again.endswith("IDLE_HOURS=1\n# mine\n")
    assert again.count("HUB_URL=") == 1
    assert render_env(layout, 8005, again) == again


def test_ssh_is_strict_about_the_host_key() -> None:
    config = render_ssh_config(Layout(Path("/a clone"), "sandbox"), 2230)
    assert "StrictHostKeyChecking yes" in config
    assert 'IdentityFile "/a clone/.sandbox/sandbox/operator_ed25519"' in config


def test_occupied_ports_are_passed_over_and_chosen_ones_kept(tmp_path: Path) -> None:
    layout = Layout(tmp_path, "sandbox")
    layout.folder.mkdir(parents=True)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        busy = listener.getsockname()[1]
        ports.remember(layout, busy, 18000)
        ssh, web = ports.choose(layout, set())
        assert ssh > busy
        assert ports.choose(layout, set()) == (ssh, web)
        assert ports.choose(layout, {ssh})[0] > ssh
