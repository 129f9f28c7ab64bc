"""What compose.yaml and the configurations promise, read from the files that are deployed."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from traitlets.config import Config

COMPOSE = Path(__file__).parents[2] / "compose"
SERVICES = ("registry", "proxy", "hub")


@pytest.fixture
def stack() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((COMPOSE / "compose.yaml").read_text())
    return loaded


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    """Load the hub's configuration as the hub does, with its two folders elsewhere."""
    (tmp_path / "proxy_token").write_text("token\n")
    settings = {
        "HUB_IMAGE": "i", "LAB_NAME": "Lab", "HUB_ADMINS": "boss", "CPU_LIMIT": "1.5",
        "MEMORY_LIMIT": "4G", "PROCESS_LIMIT": "9", "IDLE_HOURS": "0.5", "IMAGE_NAME": "tools",
    }  # fmt: skip
    for key, value in settings.items():
        monkeypatch.setenv(key, value)
    path = COMPOSE / "hub" / "jupyterhub_config.py"
    source = path.read_text().replace('"/data"', f'"{tmp_path}"')
    source = source.replace("/run/secrets/", f"{tmp_path}/")
    config = Config()
    exec(compile(source, path, "exec"), {"get_config": lambda: config, "__file__": str(path)})
    return config


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_is_healthy_restarted_bounded_and_without_rights(
    stack: dict[str, Any], name: str
) -> None:
    service = stack["services"][name]
    assert service["restart"] == "unless-stopped"
    assert service["logging"]["options"] == {"max-size": "10m", "max-file": "3"}
    assert service["healthcheck"]["test"]
    assert service["cap_drop"] == ["ALL"]
    assert service["read_only"]
    assert service["labels"] == {"labhub.inputs": f"${{{name.upper()}_INPUTS:?}}"}


@pytest.mark.parametrize("name", SERVICES)
def test_no_service_pulls_another_down(stack: dict[str, Any], name: str) -> None:
    assert "depends_on" not in stack["services"][name]


@pytest.mark.parametrize("name", SERVICES)
def test_nothing_is_mounted_from_the_release_s_folder(stack: dict[str, Any], name: str) -> None:
    assert not [v for v in stack["services"][name].get("volumes", ()) if v.startswith(".")]


def test_trap_20_the_registry_is_for_the_host_and_the_hub_alone(stack: dict[str, Any]) -> None:
    registry = stack["services"]["registry"]
    assert registry["network_mode"] == "host" and "ports" not in registry
    for name in ("read", "write"):
        assert configuration(name)["http"]["addr"].startswith("127.0.0.1:")
    sharing = [name for name in SERVICES if "registry-socket" in str(stack["services"][name])]
    assert sharing == ["registry", "hub"]
    assert "registry-socket:/run/registry:ro" in stack["services"]["hub"]["volumes"]


def test_the_hub_sees_mounts_come_and_go_and_none_of_the_secrets(stack: dict[str, Any]) -> None:
    volumes = stack["services"]["hub"]["volumes"]
    assert "/srv/labhub:/srv/labhub:ro,rslave" in volumes
    assert [it for it in volumes if it.startswith("/etc")] == ["/etc/labhub/hub:/etc/labhub:ro"]


def test_only_the_proxy_is_published_on_the_lan(stack: dict[str, Any]) -> None:
    assert stack["services"]["proxy"]["ports"] == ["${HUB_PORT:?}:8000"]
    assert "ports" not in stack["services"]["hub"]


def test_the_proxy_s_api_has_a_name_on_the_back_end_only(stack: dict[str, Any]) -> None:
    networks = stack["services"]["proxy"]["networks"]
    assert networks["backend"]["aliases"] == ["proxy-api"]
    assert "aliases" not in networks["labs"]
    assert stack["networks"]["backend"]["internal"]


def test_hub_and_proxy_keep_addresses_that_no_lab_can_get(stack: dict[str, Any]) -> None:
    for network in ("labs", "backend"):
        fixed = {stack["services"][name]["networks"][network]["ipv4_address"]
                 for name in ("proxy", "hub")}  # fmt: skip
        assert len(fixed) == 2
    assert stack["networks"]["labs"]["ipam"]["config"][0]["ip_range"] == "198.19.72.0/21"


def configuration(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((COMPOSE / f"registry/{name}.yml").read_text())
    return loaded


def test_trap_14_who_reads_needs_no_password_and_who_writes_does() -> None:
    read, write = configuration("read"), configuration("write")
    assert "auth" not in read
    assert read["storage"]["maintenance"]["readonly"]["enabled"] is True
    assert write["auth"]["htpasswd"]["path"] == "/etc/registry/htpasswd"
    assert write["storage"]["delete"]["enabled"] is True
    # What one process remembers another may have taken away.
    assert "cache" not in read["storage"] and "cache" not in write["storage"]


def test_the_hub_comes_and_goes_without_the_labs(config: Config) -> None:
    assert config.JupyterHub.cleanup_servers is False
    assert config.JupyterHub.cleanup_proxy is False
    assert config.ConfigurableHTTPProxy.should_start is False
    assert config.ConfigurableHTTPProxy.auth_token == "token"


def test_trap_11_a_restarted_proxy_gets_its_routes_within_seconds(config: Config) -> None:
    assert config.JupyterHub.last_activity_interval == 10


def test_trap_7_what_must_last_is_on_the_volume(config: Config, tmp_path: Path) -> None:
    assert config.JupyterHub.db_url == f"sqlite:///{tmp_path}/jupyterhub.sqlite"
    assert config.JupyterHub.cookie_secret_file == f"{tmp_path}/cookie_secret"
    assert config.LabAuthenticator.dbm_path == f"{tmp_path}/passwords/passwords.dbm"
    assert (tmp_path / "passwords").stat().st_mode & 0o777 == 0o700


def test_trap_22_a_lab_that_crashed_keeps_its_log(config: Config) -> None:
    assert config.LabSpawner.remove is False


def test_admins_come_from_the_settings_and_not_into_the_database(config: Config) -> None:
    assert config.LabAuthenticator.lab_admins == {"boss"}
    assert "admin_users" not in config.Authenticator
    assert "allowed_users" not in config.Authenticator


def test_locks_name_no_registry_and_hold_hashes() -> None:
    python = (COMPOSE / "hub" / "requirements.lock").read_text()
    node = (COMPOSE / "proxy" / "package-lock.json").read_text()
    assert "jupyterhub==6.1.1" in python
    assert "--hash=sha256:" in python
    assert "://" not in python
    assert '"integrity"' in node
    assert '"resolved"' not in node
