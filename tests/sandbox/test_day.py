"""A member's day through a browser's requests: log in, choose, work; and what is out of reach."""

import json
import re

import pytest

from sandbox.inv import Inv
from sandbox.running import Sandbox
from tests.hub_client import HubClient, LoginError
from tests.sandbox.conftest import PASSWORD
from tests.sandbox.look import inspect, publish, sh, until_healthy

STATE = "labs"
IMAGE = "agfalta_tools:1.2"
COUNT_UNTIL_ENOUGH = """
import itertools, os, time
for i in itertools.count():
    print(i, flush=True)
    time.sleep(0.1)
    if os.path.exists("enough"):
        break
print("enough")
"""


@pytest.fixture
def lab(browser: HubClient) -> HubClient:
    """A member whose lab runs."""
    if not browser.is_running():
        browser.spawn(IMAGE)
    return browser


def test_the_whole_journey(browser: HubClient, host: Sandbox) -> None:
    choices = browser.choices()
    assert choices[:2] == ["agfalta_tools:latest", IMAGE]
    assert IMAGE in choices
    browser.spawn(IMAGE)
    code = """
import json, os, pathlib, subprocess, agfalta_tools
from agfalta_tools import iv
pathlib.Path("result.txt").write_text("measured")
say = lambda *argv: subprocess.run(argv, capture_output=True, text=True).stdout.strip()
print(json.dumps({
    "version": agfalta_tools.__version__, "mean": float(iv.normalise([1, 2, 3]).mean()),
    "uid": os.getuid(), "gid": os.getgid(), "groups": sorted(os.getgroups()),
    "home": os.environ["HOME"], "user": os.environ["USER"], "cwd": os.getcwd(),
    "whoami": say("whoami"), "id": say("id"), "shell": say("bash", "-lc", "whoami; echo $HOME"),
}))
"""
    seen = json.loads(browser.run_cell(code).text)
    uid, gid = (int(sh(host, f"id {flag} jupyter-alice")) for flag in ("-u", "-g"))
    groups = sorted(int(number) for number in sh(host, "id -G jupyter-alice").split())
    assert seen["version"] == "1.2" and seen["mean"] == 1.0
    assert (seen["uid"], seen["gid"]) == (uid, gid)
    assert sorted({*seen["groups"], gid}) == groups and 100 in groups
    assert seen["home"] == seen["cwd"] == "/home/jupyter-alice"
    assert seen["user"] == seen["whoami"] == "jupyter-alice"
    assert seen["shell"] == "jupyter-alice\n/home/jupyter-alice"
    assert "(leem)" in seen["id"]
    assert sh(host, "stat -c '%U %G' /home/jupyter-alice/result.txt") == (
        "jupyter-alice jupyter-alice"
    )


def test_a_terminal_knows_its_member(lab: HubClient) -> None:
    shown = lab.run_in_terminal("echo $(whoami):$HOME:$USER:$PWD:$((6*7))", end=":42")
    assert "jupyter-alice:/home/jupyter-alice:jupyter-alice:/home/jupyter-alice:42" in shown


def test_the_container_has_no_rights_and_its_limits(lab: HubClient, host: Sandbox) -> None:
    found = inspect(host, "lab-alice")
    config = found["HostConfig"]
    assert config["CapDrop"] == ["ALL"] and not config["CapAdd"] and not config["Privileged"]
    assert "no-new-privileges" in " ".join(config["SecurityOpt"])
    assert config["Memory"] == 4 * 1024**3
    assert config["PidsLimit"] == 512
    assert config["CpuQuota"] / config["CpuPeriod"] == 2
    assert not found["Config"]["User"].startswith(("0", "root"))
    assert list(found["NetworkSettings"]["Networks"]) == ["labhub-labs"]
    assert [mount["Destination"] for mount in found["Mounts"]] == ["/home/jupyter-alice"]
    token = sh(host, "cat /etc/labhub/proxy_token")
    assert token not in json.dumps(found)


def test_a_lab_reaches_neither_registry_nor_proxy_api_nor_docker(
    lab: HubClient, host: Sandbox
) -> None:
    addresses = {
        name: [
            network["IPAddress"]
            for network in inspect(host, f"labhub-{name}")["NetworkSettings"]["Networks"].values()
        ]
        for name in ("proxy", "hub")
    }
    gateway = sh(host, "docker network inspect -f '{{(index .IPAM.Config 0).Gateway}}' labhub-labs")
    own = sh(host, "hostname -I").split()
    closed = [(ip, port) for ip in [*addresses["hub"], gateway, *own] for port in (5000, 501)]
    closed += [(ip, 8001) for ip in [*addresses["proxy"], gateway, *own]]
    closed += [(name, port) for name, port in (("registry", 5000), ("proxy-api", 8001))]
    closed += [(ip, port) for ip in [gateway, *own] for port in (2375, 2376)]
    code = f"""
import os, socket
from concurrent.futures import ThreadPoolExecutor
def reach(target, limit=8):
    try:
        socket.create_connection(target, limit).close()
        return True
    except OSError:
        return False
closed = {closed!r}
with ThreadPoolExecutor(len(closed)) as pool:
    print("open", [target for target, is_open in zip(closed, pool.map(reach, closed)) if is_open])
print("hub", reach(("hub", 8081), 60), "proxy", reach(("proxy", 8000), 60))
sockets = ("/var/run/docker.sock", "/run/docker.sock")
print("socket", [path for path in sockets if os.path.exists(path)])
"""
    expected = ["open []", "hub True proxy True", "socket []"]
    assert lab.run_cell(code).text.splitlines() == expected
    # What keeps them apart is no rule of the host's firewall, which a reload takes away.
    sh(host, "iptables-save >/root/rules; iptables --flush; iptables --policy FORWARD ACCEPT")
    try:
        opened = lab.run_cell(code).text.splitlines()[0]
        assert not re.search(r"\b(5000|501)\)", opened), opened
    finally:
        sh(host, "iptables-restore </root/rules")


def test_a_forged_image_is_refused_by_form_and_by_rest(
    inv: Inv, browser: HubClient, host: Sandbox
) -> None:
    if browser.is_running():
        browser.stop()
    for image in (
        "debian:trixie-slim",
        "agfalta_tools:9.9",
        "localhost:5000/agfalta_tools:1.2",
        "x",
    ):
        assert browser.post_spawn(image).status_code == 400
        answer = browser.api("POST", "/users/alice/server", {"image": image})
        assert answer.status_code == 400, image
    assert not browser.is_running()


def test_nothing_is_lost_when_the_hub_is_re_created_while_a_cell_streams(
    inv: Inv, lab: HubClient, host: Sandbox
) -> None:
    with lab.start_kernel() as kernel:
        kernel.run("kept = 41")
        number = kernel.send(COUNT_UNTIL_ENOUGH)
        before = inspect(host, "labhub-hub")["Id"]
        inv.ok("deploy", MEMORY_LIMIT="3G")
        assert inspect(host, "labhub-hub")["Id"] != before
        sh(host, "touch /home/jupyter-alice/enough")
        *counted, last = kernel.collect(number).text.split()
        assert [int(line) for line in counted] == list(range(len(counted))) and last == "enough"
        assert kernel.run("print(kept + 1)").text == "42\n"
    assert lab.is_running(), "the login and the lab are known to the new hub"
    inv.ok("deploy")


def test_labs_survive_deploy_add_user_and_push(
    inv: Inv, lab: HubClient, host: Sandbox, sample: object
) -> None:
    before = inspect(host, "lab-alice")["State"]["StartedAt"]
    inv.ok("deploy")
    inv.ok("add-user", "--name", "karl")
    inv.ok("push", "--tag", "1.0", "--no-latest", "--force", AGFALTA_TOOLS_SOURCE=str(sample))
    assert inspect(host, "lab-alice")["State"]["StartedAt"] == before


def test_a_new_tag_is_offered_at_once(
    inv: Inv, browser: HubClient, sample: object, host: Sandbox
) -> None:
    # Seed defect 4: a new tag was visible and refused.
    if browser.is_running():
        browser.stop()
    sh(host, "docker tag localhost:5000/agfalta_tools:1.2 localhost:5000/agfalta_tools:1.10")
    publish(host, "agfalta_tools:1.10")
    choices = [c for c in browser.choices() if c.startswith("agfalta_tools")]
    assert choices[:3] == ["agfalta_tools:latest", "agfalta_tools:1.10", "agfalta_tools:1.2"]
    browser.spawn("agfalta_tools:1.10")
    browser.stop()


def test_registry_down_is_a_page_that_helps(browser: HubClient, host: Sandbox, inv: Inv) -> None:
    # Seed defect 3.
    if browser.is_running():
        browser.stop()
    sh(host, "docker stop labhub-registry")
    try:
        page = browser.get("/hub/spawn")
        assert page.status_code == 200
        assert "registry" in page.text
        assert browser.choices() == []
        answer = browser.api("POST", "/users/alice/server", {"image": IMAGE})
        assert answer.status_code in (400, 503)
        sh(host, "docker restart labhub-hub")
        until_healthy(host, "labhub-hub")
    finally:
        inv.ok("deploy")
    assert IMAGE in browser.choices()


def test_an_empty_registry_tells_what_the_operator_types(
    browser: HubClient, host: Sandbox, inv: Inv
) -> None:
    # Seed defect 2: a repository whose last tag was deleted answers "tags": null.
    if browser.is_running():
        browser.stop()
    sh(
        host,
        "docker stop labhub-registry; docker run --rm -v labhub-registry-data:/data "
        "labhub-base sh -c 'cd /data/docker/registry/v2 && mv repositories /data/kept && "
        "mkdir -p repositories/agfalta_tools/_manifests'; docker start labhub-registry",
    )
    try:
        until_healthy(host, "labhub-registry")
        page = browser.get("/hub/spawn")
        assert page.status_code == 200
        assert "inv push --tag" in page.text
    finally:
        sh(
            host,
            "docker stop labhub-registry; docker run --rm -v labhub-registry-data:/data "
            "labhub-base sh -c 'rm -r /data/docker/registry/v2/repositories; "
            "mv /data/kept /data/docker/registry/v2/repositories'",
        )
        inv.ok("deploy")
    assert IMAGE in browser.choices()


def test_admin_is_nobody_special_and_admins_are_named(inv: Inv, hub: str, host: Sandbox) -> None:
    # Seed defect 10: the first person to log in as `admin` became hub admin.
    with pytest.raises(LoginError):
        HubClient(hub).login("admin", PASSWORD)
    inv.ok("add-user", "--name", "lena", "--name", "mallory")
    inv.ok("deploy", HUB_ADMINS="lena,admin")
    try:
        with pytest.raises(LoginError):
            HubClient(hub).login("admin", PASSWORD)
        lena, mallory = HubClient(hub), HubClient(hub)
        lena.login("lena", PASSWORD)
        mallory.login("mallory", PASSWORD)
        assert lena.api("GET", "/users").status_code == 200
        assert mallory.api("GET", "/users").status_code == 403
        assert mallory.get("/hub/admin").status_code == 403
    finally:
        inv.ok("deploy")
    assert lena.api("GET", "/users").status_code == 403, "and no longer, once not named"


def test_passwords_persist_and_a_wrong_or_long_one_is_a_sentence(
    inv: Inv, hub: str, host: Sandbox
) -> None:
    # Seed defects 5 and 6: a rebuild lost the database, and with it everybody's login.
    inv.ok("add-user", "--name", "nina")
    with pytest.raises(LoginError, match="72"):
        HubClient(hub).login("nina", "ü" * 37)
    first = HubClient(hub)
    first.login("nina", PASSWORD)
    inv.ok("deploy", LAB_NAME="Another Lab")
    inv.ok("deploy")
    assert first.api("GET", "/users/nina").status_code == 200, "the session outlives the hub"
    with pytest.raises(LoginError):
        HubClient(hub).login("nina", "something else")
    HubClient(hub).login("nina", PASSWORD)


def test_a_login_page_that_was_left_open_for_long_is_shown_again(hub: str) -> None:
    stale = {"username": "alice", "password": PASSWORD, "_xsrf": "from yesterday"}
    answer = HubClient(hub).post("/hub/login", stale)
    assert answer.status_code == 403
    assert 'name="password"' in answer.text, "not the empty page of FirstUseAuthenticator 1.1.1"
