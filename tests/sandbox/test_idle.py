"""Idle labs end by themselves: a story of its own, since most of it is waiting."""

from sandbox.inv import Inv
from sandbox.patience import LAB, until
from sandbox.running import Sandbox
from tests.hub_client import HubClient
from tests.sandbox.conftest import PASSWORD
from tests.sandbox.look import inspect

STATE = "labs"
IMAGE = "agfalta_tools:1.2"


def test_idle_labs_are_stopped_and_busy_ones_never(inv: Inv, hub: str, host: Sandbox) -> None:
    inv.ok("add-user", "--name", "busy", "--name", "idle")
    inv.ok("deploy", IDLE_HOURS="0.005")
    try:
        busy, idle = HubClient(hub), HubClient(hub)
        # Each is put to work at once: a lab in which nothing runs ends as well.
        for client, name in ((busy, "busy"), (idle, "idle")):
            client.login(name, PASSWORD)
            client.spawn(IMAGE)
            with client.start_kernel() as kernel:
                if client is busy:
                    kernel.send("import time\ntime.sleep(36000)")
        until(lambda: not idle.is_running(), "The idle lab is stopped", LAB, pause=1)
        assert busy.is_running()
        assert inspect(host, "lab-busy")["State"]["Running"]
        busy.stop()
    finally:
        inv.ok("deploy")
