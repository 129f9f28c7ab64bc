"""What breaks on a real host: one sentence, nothing lost, and what it names mends it.

What a rebooted or powerless host does is told in tests/vm.
"""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sandbox.running import Sandbox
from tests.conftest import PASSWORD
from tests.hub_client import HubClient, LoginError
from tests.sandbox.images import NAME, RECIPE, until
from tests.sandbox.inv import Inv
from tests.sandbox.look import CURRENT, DATA, inspect, sh, until_healthy, wait_for_login_page

KILL = 'kill -KILL "$(docker inspect -f "{{.State.Pid}}" "$1")"'

pytestmark = pytest.mark.usefixtures("pushed", "member")


@pytest.fixture
def lab(browser: HubClient) -> Iterator[HubClient]:
    """A member whose lab runs."""
    if not browser.is_running():
        browser.spawn("agfalta_tools:1.2")
    yield browser
    if browser.is_running():
        browser.stop()


@contextmanager
def full_disk(host: Sandbox, folder: str) -> Iterator[None]:
    """Let a folder be a disk of its own that is full."""
    sh(host, 'mkdir -p "$1"; mount -t tmpfs -o size=64k tmpfs "$1"', folder)
    sh(host, 'head -c 1M /dev/zero > "$1/filler" || true', folder)
    try:
        yield
    finally:
        # What wrote to it may not have noticed yet that it is to end.
        sh(host, 'umount --lazy "$1"', folder)


@contextmanager
def no_names(host: Sandbox) -> Iterator[None]:
    """Let the host find no name, as without its name server."""
    kept = sh(host, "cat /etc/resolv.conf")
    # Mounted by the engine: the content is replaced, not the file. Nothing listens there.
    sh(host, "echo nameserver $(hostname -I | cut -d' ' -f1) > /etc/resolv.conf")
    try:
        yield
    finally:
        sh(host, 'printf "%s\\n" "$1" > /etc/resolv.conf', kept)


@pytest.mark.parametrize("service", ["registry", "hub"])
def test_a_service_that_is_killed_comes_back_and_a_cell_has_not_noticed(
    host: Sandbox, lab: HubClient, service: str
) -> None:
    with lab.start_kernel() as kernel:
        number = kernel.send(
            "import time\nfor i in range(100):\n    print(i, flush=True)\n    time.sleep(0.1)"
        )
        sh(host, KILL, f"labhub-{service}")
        assert [int(line) for line in kernel.collect(number, 60).text.split()] == list(range(100))
    until_healthy(host, f"labhub-{service}")
    assert lab.is_running()


def test_a_proxy_that_is_killed_costs_the_connection_and_nothing_else(
    host: Sandbox, lab: HubClient, hub: str
) -> None:
    with lab.start_kernel() as kernel:
        kernel.run("kept = 41")
    sh(host, KILL, "labhub-proxy")
    until_healthy(host, "labhub-proxy")
    wait_for_login_page(hub, 60)
    # Its routes are there again when the hub has looked, within ten seconds.
    assert until(lambda: lab.lab_api("GET", "/api/kernels").status_code == 200, 60)
    with lab.open_kernel(kernel.id) as again:
        assert again.run("print(kept + 1)").text == "42\n"


@pytest.mark.parametrize(
    "fault",
    [
        "systemctl stop docker.socket docker; sleep 1; systemctl start docker",
        "systemctl kill --signal KILL docker",
    ],
)
def test_an_engine_that_ends_comes_back_with_everything_but_the_labs(
    host: Sandbox, inv: Inv, lab: HubClient, hub: str, fault: str
) -> None:
    with lab.start_kernel() as kernel:
        kernel.run("open('kept', 'w').write('41')")
    sh(host, fault)
    assert until(lambda: sh(host, "docker info >/dev/null 2>&1 && echo up || true") == "up", 60)
    for name in ("registry", "proxy", "hub"):
        until_healthy(host, f"labhub-{name}")
    wait_for_login_page(hub, 60)
    # The engine ends labs with itself. The hub finds that out, and the files are there.
    assert until(lambda: not lab.is_running(), 60)
    lab.spawn("agfalta_tools:1.2")
    assert lab.run_cell("print(open('kept').read())").text == "41\n"
    assert "nothing was changed" in inv.ok("deploy").output


def test_a_full_disk_in_a_deploy(host: Sandbox, inv: Inv, hub: str) -> None:
    before = sh(host, CURRENT)
    releases = "/opt/labhub/releases"
    sh(host, f"cp -a {releases} /opt/labhub/kept")
    with full_disk(host, releases):
        sh(host, f"rm {releases}/filler; cp -a /opt/labhub/kept/{before} {releases} || true")
        said = inv.fails("deploy", LAB_NAME="Full")
        assert "No space left on device" in said and "Mend the cause, then run" in said
        assert sh(host, CURRENT) == before
        wait_for_login_page(hub, 10)
    sh(host, "rm -r /opt/labhub/kept")
    assert "nothing was changed" in inv.ok("deploy").output


@pytest.fixture(scope="module")
def copy(inv: Inv, tmp_path_factory: pytest.TempPathFactory) -> Inv:
    """A checkout with an image of its own."""
    copy = inv.in_copy(tmp_path_factory.mktemp("copy") / "labhub")
    recipe_of(copy).parent.mkdir()
    recipe_of(copy).write_text(RECIPE)
    return copy


def recipe_of(inv: Inv) -> Path:
    return inv.root / "lab-image" / NAME / "Dockerfile"


def test_a_full_disk_in_a_push(host: Sandbox, copy: Inv) -> None:
    with full_disk(host, "/home/agfalta/.cache/labhub/build"):
        said = copy.fails("push", "--image", NAME, "--tag", "1.0")
        assert "rsync failed" in said and "Is its disk full? inv status shows it" in said
    assert NAME not in copy.ok("images").output
    copy.ok("push", "--image", NAME, "--tag", "1.0")
    copy.ok("remove-tag", "--image", NAME, "--tag", "1.0")


def test_a_full_disk_in_a_backup_keeps_the_ones_before(host: Sandbox, inv: Inv) -> None:
    folder = "/var/backups/labhub-full"
    with full_disk(host, folder):
        sh(host, f"touch {folder}/labhub-x-20200101T000000Z.tar")
        said = inv.fails("backup", "--to", f"host:{folder}", "--keep", "1")
        assert "no room left" in said and "Free some space" in said
        assert sh(host, f"ls -A {folder}").split() == ["filler", "labhub-x-20200101T000000Z.tar"]


def test_a_deploy_without_a_name_server_needs_none_and_a_push_says_so(
    host: Sandbox, copy: Inv
) -> None:
    with no_names(host):
        copy.ok("deploy", "--no-check", LAB_NAME="Nameless")
        # Never the same, which no build cache has.
        fetch = f"RUN : {time.time()}; apt-get -o APT::Update::Error-Mode=any update\n"
        recipe_of(copy).write_text(RECIPE + fetch)
        said = copy.fails("push", "--image", NAME, "--tag", "1.1")
        assert "Temporary failure resolving" in said
    copy.ok("deploy", "--no-check")


@pytest.fixture(scope="module")
def saved(inv: Inv, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A backup from before anything was damaged."""
    folder = tmp_path_factory.mktemp("saved")
    inv.ok("backup", "--to", str(folder))
    (path,) = folder.glob("labhub-*.tar")
    return str(path)


def test_a_damaged_database_is_told_and_a_backup_brings_it_back(
    host: Sandbox, inv: Inv, hub: str, saved: str
) -> None:
    before = json.loads(inv.ok("users", "--json", "--no-sizes").output)
    damage = f"head -c 4096 /dev/urandom | dd of={DATA}/jupyterhub.sqlite bs=4096 conv=notrunc"
    sh(host, f"docker stop labhub-hub; {damage}; docker start labhub-hub")
    assert until(lambda: "is damaged" in inv("logs", "--lines", "20").output, 60)
    said = inv.fails("deploy")
    assert "The hub's database is damaged" in said and "inv restore --from FILE --force" in said
    inv.ok("restore", "--from", saved, "--force")
    HubClient(hub).login("alice", PASSWORD)
    after = json.loads(inv.ok("users", "--json", "--no-sizes").output)
    assert [it["name"] for it in after] == [it["name"] for it in before]
    assert "damaged-" in sh(host, "ls /var/lib/labhub/databases"), "nothing is thrown away"
    sh(host, "rm -r /var/lib/labhub/databases")


def test_damaged_passwords_let_nobody_in_and_everybody_go_on(
    host: Sandbox, inv: Inv, hub: str, lab: HubClient, saved: str
) -> None:
    files = f"{DATA}/passwords/passwords.dbm*"
    sh(host, f"for it in {files}; do head -c 8192 /dev/urandom > $it; done")
    with pytest.raises(LoginError, match="a file on the server is damaged"):
        HubClient(hub).login("alice", PASSWORD)
    assert lab.run_cell("print(6 * 7)").text == "42\n"
    assert lab.get("/hub/home").status_code == 200
    findings = json.loads(inv("status", "--json").output)["findings"]
    assert any("file of all passwords" in it and "inv restore" in it for it in findings)
    assert "file of all passwords" in inv.fails("passwd", "--name", "alice")
    lab.stop()
    inv.ok("restore", "--from", saved, "--force")
    HubClient(hub).login("alice", PASSWORD)


def test_afterwards_everything_is_right(host: Sandbox, inv: Inv, hub: str) -> None:
    assert "nothing was changed" in inv.ok("deploy").output
    inv.ok("check")
    assert inspect(host, "labhub-hub")["State"]["Running"]
