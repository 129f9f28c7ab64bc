"""A session on a real host: its limits, its memory's end, how long it stays, what is remembered."""

import json
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from typing import Any

import pytest
import requests
import websocket
from playwright.sync_api import Page, sync_playwright

from sandbox.running import Sandbox
from tests.hub_client import HubClient
from tests.sandbox.conftest import PASSWORD
from tests.sandbox.inv import Inv
from tests.sandbox.look import inspect, sh, started
from tests.sandbox.test_4_push import registry_digest

IMAGE = "agfalta_tools:1.2"
RECORD = "/home/jupyter-alice/.labhub/sessions.jsonl"
SET = "Set the limits of labs, each from its next start on"
SMALL = {"MEMORY_LIMIT": "4G alice=512M"}
# The server is ended in their place: of all in a lab it counts most, as none of them is large.
FILL_BY_MANY = """\
import os, pathlib, time
pathlib.Path(f'/proc/{os.getppid()}/oom_score_adj').write_text('1000')
for _ in range(8):
    if os.fork() == 0:
        kept = [b'x' * 2**20 for _ in range(80)]
        time.sleep(600)
"""
FILL = "kept = []\nwhile True:\n    kept.append(b'x' * 2**24)"

pytestmark = pytest.mark.usefixtures("pushed")


@pytest.fixture
def alice(browser: HubClient) -> Iterator[HubClient]:
    """A member of the group leem, whose lab does not run."""
    stop(browser)
    yield browser
    stop(browser)


@pytest.fixture
def bob(inv: Inv, hub: str) -> Iterator[HubClient]:
    """Another member, whose lab does not run."""
    inv.ok("add-user", "--name", "bob")
    client = HubClient(hub)
    client.login("bob", PASSWORD)
    stop(client)
    yield client
    stop(client)


def stop(client: HubClient) -> None:
    if client.is_running():
        client.stop()


@contextmanager
def deployed(inv: Inv, **settings: str) -> Iterator[None]:
    inv.ok("deploy", **settings)
    try:
        yield
    finally:
        inv.ok("deploy")


def limits(host: Sandbox, lab: str) -> tuple[int, float, int]:
    """Return a lab's MB of memory, its cores and its processes, as the engine holds them."""
    found = inspect(host, lab)["HostConfig"]
    assert found["MemorySwap"] in (found["Memory"], -1, 0)
    return (
        found["Memory"] // 1024**2,
        found["CpuQuota"] / found["CpuPeriod"],
        found["PidsLimit"],
    )


def status(client: HubClient) -> dict[str, Any]:
    """Return what JupyterLab asks of the lab."""
    found: dict[str, Any] = client.lab_api("GET", "/lab-session").json()
    return found


def until(true: Any, seconds: float, otherwise: str) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, otherwise
        time.sleep(1)


@contextmanager
def jupyterlab(client: HubClient, lab: str = "alice") -> Iterator[Page]:
    """Open a running lab in a browser."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("chromium is not installed")
    with sync_playwright() as playwright:
        program = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = program.new_page(base_url=client.base_url)
        page.goto("/hub/login")
        page.fill("input[name=username]", lab)
        page.fill("input[name=password]", PASSWORD)
        page.press("input[name=password]", "Enter")
        page.wait_for_url(re.compile(r"/(hub/(home|spawn)|user/)"))
        page.goto(f"/user/{lab}/lab?reset")
        yield page
        program.close()


# --- limits ----------------------------------------------------------------------------------


def test_a_limit_is_changed_without_a_restart_and_holds_from_the_next_start(
    inv: Inv, alice: HubClient, host: Sandbox
) -> None:
    alice.spawn(IMAGE)
    services, lab = started(host), inspect(host, "lab-alice")["State"]["StartedAt"]
    settings = {"MEMORY_LIMIT": "3G @leem=1G", "CPU_LIMIT": "2 @leem=1.5", "PROCESS_LIMIT": "300"}
    try:
        assert inv.ok("deploy", **settings).changes == [SET]
        assert inv.ok("deploy", **settings).changes == []
        assert started(host) == services
        assert inspect(host, "lab-alice")["State"]["StartedAt"] == lab
        assert limits(host, "lab-alice") == (4096, 2, 512)
        alice.stop()
        alice.spawn(IMAGE)
        assert limits(host, "lab-alice") == (1024, 1.5, 300)
        alice.stop()
        inv.ok("deploy", **settings | {"MEMORY_LIMIT": "3G @leem=1G alice=768M"})
        alice.spawn(IMAGE)
        assert limits(host, "lab-alice") == (768, 1.5, 300)
        told = alice.run_cell("import os; print(os.environ['MEM_LIMIT'], os.environ['CPU_LIMIT'])")
        assert told.text == f"{768 * 1024**2} 1.5\n"
    finally:
        inv.ok("deploy")
    assert started(host) == services


def test_who_is_named_and_does_not_exist_is_said(inv: Inv, alice: HubClient) -> None:
    with deployed(inv):
        said = inv.ok("deploy", MEMORY_LIMIT="4G @xpss=5G alcie=1G @leem=2G alice=3G").output
        assert "MEMORY_LIMIT: this host has no group xpss, so nobody has this limit." in said
        assert "MEMORY_LIMIT: this host has no member alcie, so nobody has this limit." in said
        assert "leem" not in said and "alice" not in said


def test_a_list_that_is_lost_or_damaged_is_repaired_and_leaves_no_lab_without_limits(
    inv: Inv, alice: HubClient, host: Sandbox
) -> None:
    path = "/etc/labhub/hub/limits.json"
    sh(host, f"echo '{{' >{path}")
    alice.spawn(IMAGE)
    assert limits(host, "lab-alice") == (4096, 2, 512)
    assert inv.ok("deploy").changes == [SET]
    sh(host, f"chmod 600 {path}")
    assert inv.ok("deploy").changes == [SET]
    sh(host, f"rm {path}")
    assert inv.ok("deploy").changes == [SET]
    assert sh(host, f"stat -c '%a %U:%G' {path}") == "644 root:root"


# --- memory ----------------------------------------------------------------------------------


def fill(client: HubClient) -> None:
    """Let a kernel take all the memory of its lab, and wait until the system has ended it."""
    with client.start_kernel() as kernel:
        assert status(client)["memory"]["kills"] == 0
        kernel.send(FILL)
        until(lambda: status(client)["memory"]["kills"], 60, "the kernel was never ended")


def test_a_lab_that_takes_all_its_memory_harms_only_itself(
    inv: Inv, alice: HubClient, bob: HubClient, host: Sandbox
) -> None:
    count = "import time\nfor i in range(300):\n    print(i, flush=True)\n    time.sleep(0.1)"
    with deployed(inv, **SMALL):
        alice.spawn(IMAGE)
        bob.spawn(IMAGE)
        labs = [inspect(host, name)["State"]["StartedAt"] for name in ("lab-alice", "lab-bob")]
        services = started(host)
        with bob.start_kernel() as computing:
            number = computing.send(count)
            fill(alice)
            streamed = computing.collect(number, 90)
            assert [int(line) for line in streamed.text.split()] == list(range(300))
        after = [inspect(host, name)["State"]["StartedAt"] for name in ("lab-alice", "lab-bob")]
        assert (after, started(host)) == (labs, services)
        until(lambda: alice.run_cell("print(6 * 7)").text == "42\n", 60, "no kernel starts again")
        assert status(alice)["memory"]["limit"] == 512 * 1024**2
        assert status(bob)["memory"]["kills"] == 0


def test_a_member_whose_kernel_was_ended_is_told_in_terminal_and_browser(
    inv: Inv, alice: HubClient
) -> None:
    sentence = "This lab had taken all its 512 MB of memory"
    with deployed(inv, **SMALL):
        alice.spawn(IMAGE)
        fill(alice)
        shown = alice.run_in_terminal("echo end:$((6*7))", until="end:42")
        assert "Its memory was full" in shown
        with jupyterlab(alice) as page:
            page.get_by_text(sentence).first.wait_for(timeout=60_000)
            page.reload()
            page.locator("#lab-session-item").get_by_text(re.compile("of 512 MB")).wait_for()
            time.sleep(6)
            assert page.get_by_text(sentence).count() == 0, "once is enough"


def test_a_lab_that_was_ended_whole_says_why_in_the_hub_also_after_its_restart(
    inv: Inv, alice: HubClient, host: Sandbox
) -> None:
    with deployed(inv, **SMALL):
        alice.spawn(IMAGE)
        with alice.start_kernel() as kernel:
            kernel.send(FILL_BY_MANY)
            until(
                lambda: not inspect(host, "lab-alice")["State"]["Running"], 60, "it was not ended"
            )
        state = inspect(host, "lab-alice")["State"]
        assert (state["ExitCode"], state["OOMKilled"]) == (137, True)
        until(lambda: not alice.is_running(), 60, "the hub did not notice")
        sentence = "Your lab had taken all of its 512 MB of memory and was ended."
        assert sentence in alice.get("/hub/home").text
        sh(host, "docker restart labhub-hub")
        until(lambda: alice.get("/hub/home").status_code == 200, 60, "the hub is not back")
        assert sentence in alice.get("/hub/home").text
        alice.spawn(IMAGE)
        alice.stop()
        assert sentence not in alice.get("/hub/home").text


def test_a_host_that_is_short_of_memory_ends_a_lab_before_anything_else(
    alice: HubClient, host: Sandbox
) -> None:
    alice.spawn(IMAGE)
    assert inspect(host, "lab-alice")["HostConfig"]["OomScoreAdj"] == 500
    score = "cat /proc/$(docker inspect -f '{{.State.Pid}}' $1)/oom_score_adj"
    assert int(sh(host, score, "lab-alice")) > int(sh(host, score, "labhub-hub"))


# --- how long it stays -----------------------------------------------------------------------


def test_a_lab_says_how_long_it_stays(alice: HubClient, host: Sandbox) -> None:
    alice.spawn(IMAGE)
    alice._enter()
    now = float(sh(host, "date +%s"))
    end = sh(host, 'date -d "$1" +%s', status(alice)["until"])
    assert abs(int(end) - now - 12 * 3600) < 120
    shown = alice.run_in_terminal("echo end:$((6*7))", until="end:42")
    assert f"{IMAGE} · 4 GB of memory, 2 cores · stops after 12 hours" in shown
    with jupyterlab(alice) as page:
        item = page.locator("#lab-session-item")
        item.get_by_text(re.compile(r"of 4 GB · stays until .*\d")).wait_for(timeout=60_000)
        with alice.start_kernel() as kernel:
            kernel.send("import time; time.sleep(15)")
            item.get_by_text("stays while a kernel is busy").wait_for(timeout=14_000)


def test_what_runs_keeps_a_lab_and_an_open_tab_does_not(
    inv: Inv, alice: HubClient, bob: HubClient, host: Sandbox
) -> None:
    with deployed(inv, IDLE_HOURS="0.005"):
        alice.spawn(IMAGE)
        # A program without a terminal: the helper takes its terminal away once it runs, as before
        # that it would end with it.
        spin = """nohup python -c 'while not open("spins", "w").close(): pass' >/dev/null 2>&1 & \
until [ -e spins ]; do sleep 0.2; done; echo end:$((6*7))"""
        alice.run_in_terminal(spin, until="end:42")
        bob.spawn(IMAGE)
        bob._enter()
        begun = time.monotonic()
        while bob.is_running():
            # Of a lab that has just ended there may be no answer: its address is nobody's then.
            with suppress(requests.RequestException):
                bob.lab_api("GET", "/api/kernels")
            assert time.monotonic() - begun < 120, "the questions of an open tab kept the lab"
            time.sleep(2)
        assert inspect(host, "lab-bob")["State"]["ExitCode"] == 0
        assert alice.is_running()
        assert status(alice)["works"] == ["a program runs in the background"]
        assert "Your lab was ended" not in bob.get("/hub/home").text


def test_a_silent_program_in_a_terminal_keeps_it(inv: Inv, alice: HubClient, host: Sandbox) -> None:
    with deployed(inv, IDLE_HOURS="0.005"):
        alice.spawn(IMAGE)
        alice._enter()
        name = alice.lab_api("POST", "/api/terminals").json()["name"]
        path = f"/user/alice/terminals/websocket/{name}"
        address = alice.base_url.replace("http", "ws", 1) + path
        with closing(
            websocket.create_connection(
                address, cookie=alice.cookie_header(path), origin=alice.base_url
            )
        ) as socket:
            socket.send(json.dumps(["stdin", "sleep 60\r"]))
        time.sleep(45)
        assert status(alice)["works"] == [f"a program runs in terminal {name}"]
        until(lambda: not alice.is_running(), 120, "and then it was never ended")
        assert inspect(host, "lab-alice")["State"]["ExitCode"] == 0


# --- what is remembered ----------------------------------------------------------------------


def records(host: Sandbox) -> list[dict[str, Any]]:
    return [json.loads(line) for line in sh(host, f"cat {RECORD}").splitlines()]


def test_each_start_is_one_line_that_names_exactly_this_image(
    alice: HubClient, host: Sandbox
) -> None:
    sh(host, f"rm -rf $(dirname {RECORD})")
    alice.spawn(IMAGE)
    known = json.loads(
        alice.run_cell(
            "import json, os\n"
            "print(json.dumps({k: v for k, v in os.environ.items() if k.startswith('LABHUB')}))"
        ).text
    )
    alice.stop()
    alice.spawn("agfalta_tools:latest")
    first, second = records(host)
    assert json.loads(known["LABHUB_SESSION"]) == first
    digest = registry_digest(host, "1.2")
    assert first["digest"] == known["LABHUB_DIGEST"] == digest
    assert first["image"] == known["LABHUB_IMAGE"] == IMAGE
    assert first["id"] == sh(host, f"docker inspect -f '{{{{.Id}}}}' localhost:5000/{IMAGE}")
    assert first["version"] == "1.2" and re.fullmatch("[0-9a-f]{40}", first["revision"])
    assert (first["memory"], first["cpus"], first["processes"]) == ("4G", 2, 512)
    assert first["mounts"] == {}
    version = "docker exec labhub-hub python3 -c 'import jupyterhub as it; print(it.__version__)'"
    assert first["jupyterhub"] == sh(host, version)
    assert second["image"] == "agfalta_tools:latest" and second["version"] == "1.2"
    assert first["time"] < second["time"]
    assert sh(host, f"stat -c '%U %a' {RECORD}") == "jupyter-alice 644"
    sh(host, f"docker pull --quiet localhost:5000/agfalta_tools@{digest}")


@pytest.mark.parametrize(
    "instead",
    [
        "ln -s /etc .labhub",
        "ln -s /nowhere .labhub",
        "touch .labhub",
        "mkdir -p .labhub/sessions.jsonl",
        "mkdir .labhub; mkfifo .labhub/sessions.jsonl",
        "mkdir .labhub; ln -s /dev/full .labhub/sessions.jsonl",
        "mkdir -m 500 .labhub",
    ],
)
def test_a_record_that_cannot_be_written_keeps_no_lab_from_starting(
    alice: HubClient, host: Sandbox, instead: str
) -> None:
    sh(
        host,
        'cd /home/jupyter-alice && rm -rf .labhub && runuser -u jupyter-alice -- bash -c "$1"',
        instead,
    )
    try:
        alice.spawn(IMAGE)
        assert "This session is not recorded" in sh(host, "docker logs lab-alice 2>&1")
    finally:
        sh(host, "rm -rf /home/jupyter-alice/.labhub")
