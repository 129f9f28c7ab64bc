"""A hub whose power is cut while `inv deploy` changes it, or whose clock is wrong."""

import time
from collections.abc import Callable

import pytest

from ops.settings.config import load
from ops.stack.release import read_files, render_release
from sandbox.layout import ROOT
from sandbox.vm.images import LAB as IMAGE
from sandbox.vm.images import image_of
from sandbox.vm.machine import Machine
from tests.sandbox.inv import Inv
from tests.vm.look import SLOW, answers, browser, cut_power, seconds_until

WANTED = {"LAB_NAME": "The lab after the power cut", "MEMORY_LIMIT": "1G"}
LIMITS, FILES, BUILT = "Set the limits of labs", "Copy the stack's files", "Build hub"
CUTS = [((), 0.0), ((LIMITS,), 0), ((FILES,), 0), ((BUILT,), 2), ((BUILT,), 8)]
"""After which of the four changes, and how many seconds later; without any, as the lock is taken.

With the last one the hub's container is being replaced: the new one is made and may not be started.
"""
A_DAY = 86_400
BOOT_SECONDS = 300


@pytest.fixture
def host(kept_by_module: Callable[[str], Machine]) -> Machine:
    """A hub as the test before has left it."""
    return kept_by_module("hub")


def has_built(host: Machine, settings: dict[str, str]) -> None:
    """Give the host the hub's image for other settings, as its build cache would in a second.

    The images of a virtual host came to it without one.
    """
    base = "docker image inspect -f '{{index .Config.Labels \"labhub.inputs\"}}' labhub-base"
    config = load(ROOT, {"LAB": host.layout.name, **settings})
    release = render_release(read_files(ROOT / "compose"), config, host.root(base))
    tag = 'docker tag "$(docker images --quiet labhub-hub | head -n 1)" "$1"'
    host.root(tag, image_of(release, "hub"))


@pytest.mark.parametrize(("after", "seconds"), CUTS)
def test_after_a_power_cut_in_a_deploy_members_find_a_hub_again(
    inv: Inv, host: Machine, after: tuple[str, ...], seconds: float
) -> None:
    # Its own name for each, so that each has all to do.
    settings = WANTED | {"LAB_NAME": f"The lab after {' and '.join(after)} and {seconds:g}"}
    has_built(host, settings)
    cut_power(inv, host, "deploy", settings, after, seconds)
    host.boot()
    seconds_until(answers(host), BOOT_SECONDS)
    client = browser(host, "alice")
    assert IMAGE.partition(":")[2] in client.spawn_page()


def test_a_container_that_was_made_and_not_started_is_at_the_next_boot(host: Machine) -> None:
    compose = "cd /opt/labhub/current/ && docker compose --env-file settings.env"
    host.root(f"{compose} rm --stop --force hub; {compose} create hub; sync")
    assert host.root("docker inspect -f '{{.State.Status}}' labhub-hub") == "created"
    host.power_cut()
    host.boot()
    seconds_until(answers(host), BOOT_SECONDS)


def test_the_next_deploy_ends_what_the_cuts_began(inv: Inv, host: Machine) -> None:
    has_built(host, WANTED)
    inv.ok("deploy", "--no-check", **WANTED)
    assert "nothing was changed" in inv.ok("deploy", **WANTED).output
    client = browser(host, "alice")
    assert WANTED["LAB_NAME"] in client.spawn_page()
    # In the folder of a release that was never ended a file may be half written.
    left = host.root("ls -A /opt/labhub /opt/labhub/releases; find -H /opt/labhub/current")
    assert ".new" not in left


@pytest.mark.parametrize("days", [1, -1])
def test_a_clock_that_is_a_day_off_stops_nobody(inv: Inv, host: Machine, days: int) -> None:
    host.root(f"date -s @{time.time() + days * A_DAY:.0f}")
    try:
        assert "nothing was changed" in inv.ok("deploy", **WANTED).output
        client = browser(host, "alice")
        client.spawn(IMAGE, timeout=SLOW)
        assert client.is_running()
        client.stop()
    finally:
        host.root(f"date -s @{time.time():.0f}")
