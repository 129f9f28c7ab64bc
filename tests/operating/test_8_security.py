"""What docs/security.md says and no other test proves: rights, credentials, what programs show."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from sandbox.layout import SUDO_PASSWORD
from sandbox.running import Sandbox
from tests.conftest import PASSWORD
from tests.hub_client import HubClient
from tests.sandbox.inv import Inv, Outcome
from tests.sandbox.look import inspect, sh

OURS = ("/opt/labhub", "/etc/labhub", "/var/lib/labhub", "/var/log/labhub", "/run/labhub")
IMAGES = "docker image ls --format '{{.Repository}}:{{.Tag}}' | grep -E 'labhub-|agfalta_tools'"
# Each command line and environment that anybody on the host can read, again and again.
_WATCH = r"""
rm -f /run/watch.stop; : > /run/watched
while [ ! -e /run/watch.stop ]; do
  cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\0' ' ' >> /run/watched
  sleep 0.02
done
echo over >> /run/watched
"""

_END = "touch /run/watch.stop; until tail -n 1 /run/watched | grep -q over; do sleep 0.1; done"


@pytest.fixture(scope="module")
def lab(hub: str, pushed: Outcome, member: str) -> Iterator[HubClient]:
    client = HubClient(hub)
    client.login(member, PASSWORD)
    client.spawn("agfalta_tools:1.2")
    yield client
    client.stop()


@contextmanager
def watched(host: Sandbox) -> Iterator[list[str]]:
    """Collect all command lines of the host while something happens."""
    seen: list[str] = []
    sh(host, 'nohup bash -c "$1" >/dev/null 2>&1 &', _WATCH)
    try:
        yield seen
    finally:
        sh(host, _END)
        seen.append(sh(host, "tr -d '\\0' < /run/watched"))
        sh(host, "rm /run/watched")


def test_a_lab_s_server_and_the_hub_s_interface_want_a_token(lab: HubClient) -> None:
    code = """
import json, os, urllib.error, urllib.request
def status(url, token=""):
    headers = {"Authorization": f"token {token}"} if token else {}
    try:
        request = urllib.request.Request(url, headers=headers)
        return urllib.request.urlopen(request, timeout=5).status
    except urllib.error.HTTPError as error:
        return error.code
own, hub = os.environ["JUPYTERHUB_API_TOKEN"], "http://hub:8081/hub/api"
server = f"http://{os.uname().nodename}:8888/user/alice/api/contents"
print(json.dumps([
    status(server), status(server, "wrong"), status(hub + "/users"), status(hub + "/users", own),
    status(hub + "/users/alice", own), status(hub + "/services", own), status(hub + "/proxy", own),
]))
"""
    lab_s, wrong, nobody, users, alice, services, proxy = json.loads(lab.run_cell(code).text)
    assert lab_s in (401, 403) and wrong in (401, 403)
    assert nobody in (401, 403)
    assert alice == 200, "its own member is all that a lab's token tells of"
    assert {users, services, proxy} <= {401, 403, 404}


def test_a_lab_shares_nothing_with_the_host(lab: HubClient, host: Sandbox) -> None:
    found = inspect(host, "lab-alice")
    config = found["HostConfig"]
    for mode in ("PidMode", "UTSMode", "UsernsMode", "IpcMode", "NetworkMode"):
        assert config[mode] != "host", mode
    assert not config["Devices"] and not config["PublishAllPorts"] and not config["PortBindings"]
    assert config["MemorySwap"] == config["Memory"]
    assert config["RestartPolicy"]["Name"] == "no"
    assert all(mount["Propagation"] in ("", "rprivate", "rslave") for mount in found["Mounts"])
    options = " ".join(config["SecurityOpt"])
    assert "unconfined" not in options


def test_what_the_tool_writes_is_changed_by_root_alone(host: Sandbox, hub: str) -> None:
    loose = "find {} -xdev ! -type l \\( -perm /022 -o ! -user root \\) ! -path '*/tls/proxy/*'"
    assert sh(host, f"{loose.format(' '.join(OURS))} 2>/dev/null || true") == ""
    rights = {
        "/etc/labhub/proxy_token": "640 root:proxy",
        "/var/log/labhub/audit.log": "640 root:root",
        "/etc/labhub/hub": "755 root:root",
    }
    for path, wanted in rights.items():
        assert sh(host, 'stat -c "%a %U:%G" "$1"', path) == wanted, path


def test_images_hold_no_credentials(host: Sandbox, pushed: Outcome) -> None:
    names = sh(host, IMAGES).split()
    assert len(names) >= 5
    look = (
        "cut -d: -f1,2 /etc/shadow | grep -vE ':[*!]' ; "
        "find / -xdev \\( -name authorized_keys -o -name 'id_*' -path '*/.ssh/*' -o -name .netrc "
        "-o -name .env \\) 2>/dev/null; command -v sshd sudo; true"
    )
    run = 'docker run --rm --network none --user 0 --entrypoint sh "$1" -c "$2"'
    for name in dict.fromkeys(names):
        assert sh(host, run, name, look) == "", name
    token = sh(host, "cat /etc/labhub/proxy_token")
    layers = sh(
        host, f"{IMAGES} | xargs -n 1 docker history --no-trunc; docker inspect $({IMAGES})"
    )
    assert token not in layers and SUDO_PASSWORD not in layers


def test_no_secret_is_in_a_command_line_or_a_log(host: Sandbox, inv: Inv, hub: str) -> None:
    token = sh(host, "cat /etc/labhub/proxy_token")
    with watched(host) as seen:
        invited = inv.ok("add-user", "--name", "watched", "--invite").output
        again = inv.ok("passwd", "--name", "watched").output
        inv.ok("deploy", LAB_NAME="Watched")
        inv.ok("status", LAB_NAME="Watched")
        inv.ok("remove-user", "--name", "watched", "--yes")
    inv.ok("deploy", "--no-check")
    secrets = {SUDO_PASSWORD, token}
    for output in (invited, again):
        (password,) = re.findall(r"^watched\s+(\S{8,})", output, re.MULTILINE)
        secrets.add(password)
    assert len(secrets) == 4
    logs = sh(
        host,
        "cat /var/log/labhub/audit.log; journalctl --no-pager -q; "
        "for name in registry proxy hub; do docker logs labhub-$name 2>&1; done",
    )
    assert "docker compose" in seen[0], "the watch has seen what ran"
    for secret in secrets:
        assert secret not in seen[0] and secret not in logs
