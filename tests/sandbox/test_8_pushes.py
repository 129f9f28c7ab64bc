"""Pushes at the same time, and pushes that are broken off at each of their stages."""

import os
import signal
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sandbox.running import Sandbox
from tests.sample import make_sample
from tests.sandbox.cuts import CUT
from tests.sandbox.images import (
    BUILDS,
    NAME,
    RECIPE,
    STORAGE,
    every_tag_can_be_pulled,
    push,
    shown,
    status,
    until,
)
from tests.sandbox.inv import Inv, Outcome
from tests.sandbox.look import count_sessions, sh

pytestmark = pytest.mark.usefixtures("pushed", "no_records")


def test_two_pushes_of_different_tags_at_the_same_time(
    inv: Inv, host: Sandbox, tmp_path: Path
) -> None:
    source = make_sample(tmp_path / "tools")
    tags = ("1.0", "1.1")

    def one(tag: str) -> Outcome:
        return inv("push", "--tag", tag, "--force", AGFALTA_TOOLS_SOURCE=str(source))

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(one, tags))
    for outcome in outcomes:
        assert outcome.status == 0, outcome.output + outcome.errors
    found = shown(inv)
    assert not any(found[f"agfalta_tools:{tag}"]["lost"] for tag in (*tags, "latest"))
    assert found["agfalta_tools:latest"] in [found[f"agfalta_tools:{tag}"] for tag in tags]
    assert sh(host, f"ls {BUILDS}") == ""
    inv.ok("push", "--tag", "1.2", AGFALTA_TOOLS_SOURCE=str(source))
    assert every_tag_can_be_pulled(host, inv)


def test_two_pushes_of_one_tag_are_one_after_the_other(
    inv: Inv, recipe: Path, host: Sandbox
) -> None:
    recipe.write_text(RECIPE + "RUN sleep 120\n")
    with Interrupted(inv, "7.1", lambda: is_building(host)) as outcome:
        said = inv.fails("push", "--image", NAME, "--tag", "7.1")
        assert "inv push --image spectra --tag 7.1" in said
    assert outcome[0].status == 130


def is_building(host: Sandbox) -> bool:
    return sh(host, "pgrep -fc '[b]uildx build' || true") not in ("", "0")


class Interrupted:
    """A push that gets a Ctrl-C after the block, which is entered when something is so."""

    signal = signal.SIGINT

    def __init__(self, inv: Inv, tag: str, is_so: Callable[[], bool], **settings: str) -> None:
        words = ("--tag", tag) if settings else ("--image", NAME, "--tag", tag)
        self.is_so = is_so
        self.outcome: list[Outcome] = []
        self.process = inv.begin("push", *words, **settings)

    def __enter__(self) -> list[Outcome]:
        came = until(lambda: self.is_so() or self.process.poll() is not None, 300)
        assert came and self.process.poll() is None, self.process.communicate()
        return self.outcome

    def break_off(self) -> None:
        os.killpg(self.process.pid, self.signal)

    def __exit__(self, *error: object) -> None:
        self.break_off()
        output, errors = self.process.communicate(timeout=30)
        self.outcome.append(Outcome(self.process.returncode, output, errors))


class Disconnected(Interrupted):
    """A push whose connection to the host is cut."""

    def __init__(self, host: Sandbox, inv: Inv, tag: str, is_so: Callable[[], bool]) -> None:
        super().__init__(inv, tag, is_so)
        self.host = host

    def break_off(self) -> None:
        sh(self.host, CUT)


def assert_nothing_is_left(host: Sandbox, tag: str) -> None:
    """Look for what a push that ended in the middle would leave on the host."""
    assert until(lambda: not is_building(host), 15), "nobody waits for that build"
    gone = "pgrep -fc '^sleep 120' || true"
    assert until(lambda: sh(host, gone) == "0", 15), "nor for what it runs"
    for lock in (f"push-{NAME}-{tag}", "registry"):
        free = f"until flock --nonblock /run/labhub/{lock}.lock true; do sleep 0.2; done"
        sh(host, f"timeout 15 bash -c '{free}'")
    assert until(lambda: sh(host, f"ls {BUILDS}") == "", 15)
    time.sleep(2)  # for what comes after all
    assert sh(host, "docker images -q 'labhub-build/*'") == ""


LARGE = "RUN head -c 300M /dev/urandom >/large\n"


@pytest.mark.parametrize("stage", ["copy", "build", "send", "publish"])
@pytest.mark.parametrize("how", ["interrupted", "disconnected"])
def test_a_push_that_is_broken_off_leaves_nothing_half_done(
    inv: Inv, recipe: Path, host: Sandbox, stage: str, how: str
) -> None:
    tag = f"9.{stage}"
    uploads = f"{STORAGE}/repositories/{NAME}/_uploads"
    if stage == "copy":
        with (recipe.parent / "large").open("wb") as file:
            for _ in range(300):
                file.write(os.urandom(1_000_000))
    elif stage == "build":
        recipe.write_text(RECIPE + "RUN sleep 120\n")
    else:
        recipe.write_text(RECIPE + LARGE)

    def is_so() -> bool:
        match stage:
            case "copy":
                return f"{NAME}-{tag}" in sh(host, f"ls {BUILDS}")
            case "build":
                return sh(host, "pgrep -fc '^sleep 120' || true") not in ("", "0")
            case "send":
                large = f"find {uploads} -name data -size +5M 2>/dev/null | grep -c ."
                return sh(host, f"{large} || true") not in ("", "0")
        return status(host, "HEAD", f"{NAME}/manifests/{tag}") == "200"

    is_cut = how == "disconnected"
    with Disconnected(host, inv, tag, is_so) if is_cut else Interrupted(inv, tag, is_so) as outcome:
        pass
    (ended,) = outcome
    assert "Traceback" not in ended.errors
    # The last stage is so short that it may be over when the signal comes.
    is_done = stage == "publish" and ended.status == 0
    code, sentence = (1, "run the task again") if is_cut else (130, "interrupted.")
    assert is_done or (ended.status, sentence in ended.errors.lower()) == (code, True), ended
    assert_nothing_is_left(host, tag)
    found = shown(inv)
    assert not any(it["lost"] for it in found.values())
    assert (f"{NAME}:{tag}" in found) == (stage == "publish")
    (recipe.parent / "large").unlink(missing_ok=True)
    recipe.write_text(RECIPE)
    push(inv, tag, "--force")
    inv.ok("remove-tag", "--image", NAME, "--tag", tag)


class Killed(Interrupted):
    """A push whose machine dies: it says nothing any more."""

    signal = signal.SIGKILL


def test_a_machine_that_dies_in_a_push_is_in_nobody_s_way(
    inv: Inv, recipe: Path, host: Sandbox
) -> None:
    recipe.write_text(RECIPE + "RUN sleep 120\n")
    with Killed(inv, "8.1", lambda: is_building(host)):
        pass
    assert_nothing_is_left(host, "8.1")
    recipe.write_text(RECIPE)
    push(inv, "8.1")
    inv.ok("remove-tag", "--image", NAME, "--tag", "8.1")


def test_a_push_that_is_interrupted_while_it_fetches_has_touched_nothing(
    inv: Inv, host: Sandbox
) -> None:
    before = count_sessions(host)
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(60)
        asked: list[object] = []

        def is_asked() -> bool:
            asked.append(server.accept())
            return True

        url = f"http://127.0.0.1:{server.getsockname()[1]}/tools.git"
        with Interrupted(inv, "3.0", is_asked, AGFALTA_TOOLS_SOURCE=url) as outcome:
            pass
    assert outcome[0].status == 130 and "Traceback" not in outcome[0].errors
    assert count_sessions(host) == before
