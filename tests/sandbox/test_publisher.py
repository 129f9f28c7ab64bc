"""Who may publish: whoever has the host's credential, which root has, and nobody else."""

from pathlib import Path

import pytest

from sandbox.inv import Inv
from sandbox.running import Sandbox
from tests.sandbox.look import inspect, sh, until_healthy
from tests.sandbox.test_push import registry_digest

STATE = "labs"
WRITE = """\
import base64, json, sys, urllib.error, urllib.request
port, login = sys.argv[1:]
headers = {"Content-Type": "application/vnd.docker.distribution.manifest.v2+json"}
if login:
    headers["Authorization"] = "Basic " + base64.b64encode(login.encode()).decode()
at = f"http://127.0.0.1:{port}/v2/agfalta_tools"
for method, path in (
    ("PUT", "/manifests/latest"), ("POST", "/blobs/uploads/"), ("DELETE", "/manifests/latest")
):
    asked = urllib.request.Request(at + path, b"{}", headers, method=method)
    try:
        print(urllib.request.urlopen(asked).status)
    except urllib.error.HTTPError as error:
        print(error.code)
"""


@pytest.fixture(scope="module")
def source(sample: Path) -> dict[str, str]:
    return {"AGFALTA_TOOLS_SOURCE": str(sample)}


@pytest.mark.parametrize(
    ("port", "login", "status"),
    [("5000", "", "405"), ("501", "", "401"), ("501", "publisher:hunter2", "401")],
)
def test_an_account_of_the_host_cannot_publish(
    host: Sandbox, port: str, login: str, status: str
) -> None:
    before = registry_digest(host, "latest")
    write = 'command -v python3 >/dev/null; runuser -u jupyter-alice -- python3 -c "$@"'
    assert sh(host, write, WRITE, port, login).split() == [status] * 3
    assert registry_digest(host, "latest") == before


def test_nobody_but_root_has_the_credential_or_can_wait_for_it(host: Sandbox) -> None:
    alice = "runuser -u jupyter-alice --"
    for path in ("/etc/labhub/registry_password", "/etc/labhub/registry/htpasswd"):
        assert sh(host, f"{alice} cat {path} 2>&1 || true").endswith("Permission denied")
    # As on a host; Docker gives its containers, of which a sandbox is one, all ports.
    sh(host, "sysctl --write net.ipv4.ip_unprivileged_port_start=1024")
    sh(host, "docker restart labhub-registry")
    until_healthy(host, "labhub-registry")
    listen = "import socket; socket.create_server(('127.0.0.1', 502))"
    assert "Permission denied" in sh(host, f'{alice} python3 -c "{listen}" 2>&1 || true')
    # And who reads cannot write, by the kernel too.
    write = "docker exec --user 5001 labhub-registry touch /var/lib/docker-registry/x"
    assert "Permission denied" in sh(host, f"{write} 2>&1 || true")


@pytest.mark.parametrize("which", ["write.yml", "read.yml"])
def test_where_one_of_the_three_ends_they_come_back_together(host: Sandbox, which: str) -> None:
    before = inspect(host, "labhub-registry")["State"]["StartedAt"]
    sh(host, 'kill "$(pgrep --oldest --full "serve /etc/docker/registry/$1")"', which)
    until_healthy(host, "labhub-registry")
    assert inspect(host, "labhub-registry")["State"]["StartedAt"] != before


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        ("rm /etc/labhub/registry_password", "There is no credential for publishing on"),
        ("echo wrong >/etc/labhub/registry_password", "refuses the credential that is there"),
        ("rm -r /etc/labhub/registry", "refuses the credential that is there"),
        ("chmod 644 /etc/labhub/registry_password", ""),
    ],
)
def test_a_credential_that_is_lost_or_known_is_made_anew_by_a_deploy(
    host: Sandbox, inv: Inv, source: dict[str, str], damage: str, said: str
) -> None:
    old = sh(host, "cat /etc/labhub/registry_password")
    sh(host, damage)
    push = ("push", "--tag", "1.1", "--note", damage)
    if said:
        refused = inv.fails(*push, **source)
        assert said in refused and refused.endswith("first  inv deploy")
    made = "Generate the credential for publishing to the registry"
    assert made in inv.ok("deploy").changes
    assert inv.ok("deploy").changes == []
    until_healthy(host, "labhub-registry")
    assert "✓ Publish agfalta_tools:1.1" in inv.ok(*push, **source).output
    assert sh(host, "cat /etc/labhub/registry_password") != old


def test_a_port_that_somebody_else_has_is_named_at_once(host: Sandbox, inv: Inv) -> None:
    sh(
        host,
        'docker stop labhub-registry; systemd-run --quiet --unit=t-port python3 -c "$1"; '
        "until ss -Hltn 'sport = :501' | grep -q .; do sleep 0.1; done",
        "import socket\nlistener = socket.create_server(('127.0.0.1', 501))\n"
        "while True: listener.accept()",
    )
    try:
        said = inv.fails("deploy")
        assert "another program listens at port 501 of the host" in said and "python3" in said
    finally:
        sh(host, "systemctl stop t-port")
    assert inv.ok("deploy").changes == ["Start registry and wait until the hub answers"]
