"""The life of an account: invited, working, in other groups, kept out, removed, brought back.

All of it while the hub runs, and felt by browsers that are logged in already.
"""

import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from sandbox.running import Sandbox
from tests.hub_client import CHANGE_PASSWORD, HubClient, LoginError
from tests.sandbox.inv import Inv
from tests.sandbox.look import count_sessions, inspect, sh

PASSWORD = "electrons-2026"
OTHER = "positrons-2027"
IMAGE = "agfalta_tools:1.2"
LONGEST = "z" * 24
LISTED = "cd \"$1\" && find . -printf '%p|%y|%m|%U|%G|%l|%T@\\n' | sort"
"""What a home is: paths, types, modes, owners, goals of links, times."""

pytestmark = pytest.mark.usefixtures("pushed")


def browser(hub: str, name: str, password: str = PASSWORD) -> HubClient:
    client = HubClient(hub)
    client.login(name, password)
    return client


def one_time_passwords(output: str) -> dict[str, str]:
    """Read the passwords that a task printed."""
    found = re.search(r"^name +one-time password *\n(.*?)^Shown this once", output, re.M | re.S)
    assert found, output
    lines = (line.split() for line in found[1].splitlines())
    return {name: password for name, password in lines}  # noqa: C416  mypy: pairs


def member(inv: Inv, name: str) -> dict[str, Any]:
    """Return what `inv users` says of a member."""
    rows = json.loads(inv.ok("users", "--json").output)
    found: dict[str, Any] = next(row for row in rows if row["name"] == name)
    return found


def started(host: Sandbox) -> str:
    when: str = inspect(host, "labhub-hub")["State"]["StartedAt"]
    return when


def has_container(host: Sandbox, name: str) -> bool:
    return bool(sh(host, 'docker ps --all --quiet --filter "label=labhub.lab=$1"', name))


# --- One-time passwords --------------------------------------------------------------------------


def test_who_is_invited_changes_the_password_before_anything_else(
    inv: Inv, host: Sandbox, hub: str
) -> None:
    before = started(host)
    outcome = inv.ok("add-user", "--name", "ina", "--name", "ira", "--invite")
    given = one_time_passwords(outcome.output)
    assert list(given) == ["ina", "ira"] and given["ina"] != given["ira"]
    for name in given:
        with pytest.raises(LoginError, match="Invalid username or password"):
            browser(hub, name)
    ina = browser(hub, "ina", given["ina"])
    for path in ("/hub/home", "/hub/spawn", "/hub/token", "/user/ina/lab"):
        assert urlsplit(ina.get(path).url).path == CHANGE_PASSWORD, path
    assert ina.api("POST", "/users/ina/server", {"image": IMAGE}).status_code == 403
    assert not has_container(host, "ina")
    assert "choose another" in ina.change_password(given["ina"], given["ina"]).text
    answer = ina.change_password(given["ina"], PASSWORD, page=ina.get("/hub/spawn"))
    assert urlsplit(answer.url).path == "/hub/spawn"
    ina.spawn(IMAGE)
    ina.stop()
    with pytest.raises(LoginError):
        browser(hub, "ina", given["ina"])
    assert started(host) == before


def test_an_invitation_is_given_once_and_anew_when_that_is_asked_for(inv: Inv, hub: str) -> None:
    first = one_time_passwords(inv.ok("add-user", "--name", "ida", "--invite").output)["ida"]
    again = inv.ok("add-user", "--name", "ida", "--invite")
    assert "nothing was changed" in again.output
    assert "has a password already" in again.output and "inv passwd --name ida" in again.output
    second = one_time_passwords(inv.ok("passwd", "--name", "ida").output)["ida"]
    with pytest.raises(LoginError):
        browser(hub, "ida", first)
    browser(hub, "ida", second)


def test_a_one_time_password_is_nowhere_on_the_host(inv: Inv, host: Sandbox, hub: str) -> None:
    given = one_time_passwords(inv.ok("add-user", "--name", "ilse", "--invite").output)["ilse"]
    found = sh(
        host,
        'grep -rslF -- "$1" /etc /var/log /run /tmp /opt/labhub /var/lib/labhub || true; '
        'docker logs labhub-hub 2>&1 | grep -cF -- "$1" || true; '
        'journalctl --no-pager | grep -cF -- "$1" || true',
        given,
    )
    assert found.split() == ["0", "0"]


def test_a_preview_shows_no_password_and_changes_nothing(inv: Inv, host: Sandbox, hub: str) -> None:
    outcome = inv.ok("--dry", "add-user", "--name", "imke", "--invite")
    assert "2 changes would be made" in outcome.output
    assert "one-time password to imke" in outcome.output
    assert "Shown this once" not in outcome.output
    assert sh(host, "getent passwd jupyter-imke || echo none") == "none"


def test_a_new_one_time_password_ends_sessions_and_tokens_and_no_lab(
    inv: Inv, host: Sandbox, hub: str
) -> None:
    inv.ok("add-user", "--name", "paula")
    paula = browser(hub, "paula")
    token = paula.api("POST", "/users/paula/tokens", {}).json()["token"]
    paula.spawn(IMAGE)
    with paula.start_kernel() as kernel:
        kernel.run("kept = 41")
        given = one_time_passwords(inv.ok("passwd", "--name", "paula").output)["paula"]
        assert not paula.is_logged_in()
        assert _with_token(hub, token).status_code == 403
        again = browser(hub, "paula", given)
        again.change_password(given, OTHER)
        assert again.is_running()
        assert kernel.run("print(kept + 1)").text == "42\n"
    assert again.run_cell("print(6 * 7)").text == "42\n", "the lab lets the new session in"
    again.stop()


def _with_token(hub: str, token: str) -> requests.Response:
    headers = {"Authorization": f"token {token}"}
    return requests.get(f"{hub}/hub/api/user", headers=headers, timeout=10)


def test_the_shortest_password_is_the_operator_s_to_say(inv: Inv, hub: str) -> None:
    inv.ok("add-user", "--name", "lou", "--name", "luz")
    browser(hub, "lou", "ten-letter")
    inv.ok("deploy", PASSWORD_MIN_LENGTH="12")
    try:
        with pytest.raises(LoginError, match="at least 12"):
            browser(hub, "luz", "ten-letter")
        lou = browser(hub, "lou", "ten-letter")
        assert "at least 12" in lou.change_password("ten-letter", "eleven-lett").text
    finally:
        inv.ok("deploy")
    browser(hub, "luz", "ten-letter")


def test_guessing_is_slowed_down_alike_for_who_exists_and_who_does_not(inv: Inv, hub: str) -> None:
    inv.ok("add-user", "--name", "gita")
    usual = browser(hub, "gita")
    for name in ("gita", "no-such-member"):
        answers = []
        for _ in range(7):
            with pytest.raises(LoginError) as caught:
                browser(hub, name, "a wrong guess")
            answers.append(str(caught.value))
        assert answers[:5] == ["Invalid username or password"] * 5
        assert all("Wait" in answer for answer in answers[5:])
    usual.get("/hub/logout")
    usual.login("gita", PASSWORD)


# --- Who they are --------------------------------------------------------------------------------


def test_two_hundred_members_are_listed_in_one_session(
    inv: Inv, host: Sandbox, hub: str, tmp_path: Path
) -> None:
    listed = tmp_path / "course.txt"
    listed.write_text("\n".join(f"course{number}" for number in range(200)))
    before = count_sessions(host)
    given = one_time_passwords(inv.ok("add-user", "--file", str(listed), "--invite").output)
    assert count_sessions(host) - before == 2
    assert len(given) == 200
    before = count_sessions(host)
    outcome = inv.ok("users")
    assert count_sessions(host) - before == 1
    assert "Not all homes could be measured" not in outcome.output
    rows = {line.split()[0]: line for line in outcome.output.splitlines() if line.strip()}
    assert all("invited" in rows[f"course{number}"] for number in range(200))
    browser(hub, "course199", given["course199"])
    inv.ok("remove-user", "--file", str(listed), "--yes")
    assert sh(host, "ls /home | grep -c course || true") == "0"


def test_a_member_s_row_tells_groups_activity_lab_and_home(
    inv: Inv, host: Sandbox, hub: str
) -> None:
    inv.ok("add-user", "--name", "rudi", "--groups", "leem")
    assert member(inv, "rudi")["login"] == "never"
    rudi = browser(hub, "rudi")
    rudi.spawn(IMAGE)
    sh(host, "head -c 5000000 /dev/urandom > /home/jupyter-rudi/data")
    found = member(inv, "rudi")
    assert found["state"] == "active" and found["login"] == "own"
    assert found["groups"] == ["leem"] and found["lab"] == IMAGE
    assert found["home_bytes"] > 5_000_000
    assert found["last_activity"].startswith("20")
    assert IMAGE in next(
        line for line in inv.ok("users").output.splitlines() if line.startswith("rudi ")
    )
    rudi.stop()
    assert member(inv, "rudi")["lab"] is None


# --- Groups --------------------------------------------------------------------------------------


def test_groups_are_changed_at_once_and_no_lab_keeps_one_that_was_taken(
    inv: Inv, host: Sandbox, hub: str
) -> None:
    inv.ok("add-user", "--name", "gero", "--groups", "leem")
    gero = browser(hub, "gero")
    gero.spawn(IMAGE)
    outcome = inv.ok("groups", "--name", "gero", "--add", "xps")
    assert "lab of gero gets them when it is started next" in outcome.output
    assert gero.is_running()
    assert "nothing was changed" in inv.ok("groups", "--name", "gero", "--add", "xps").output
    assert {"leem", "xps"} <= set(sh(host, "id -Gn jupyter-gero").split())
    inv.ok("groups", "--name", "gero", "--remove", "leem")
    assert "leem" not in sh(host, "id -Gn jupyter-gero").split()
    assert not gero.is_running()
    assert "nothing was changed" in inv.ok("groups", "--name", "gero", "--remove", "leem").output
    gero.spawn(IMAGE)
    shown = gero.run_cell("import subprocess; print(subprocess.getoutput('id -Gn'))").text.split()
    assert "xps" in shown and "leem" not in shown
    gero.stop()
    assert "disable-user" in inv.fails("groups", "--name", "gero", "--remove", "users")
    assert "docker" in inv.fails("groups", "--name", "gero", "--add", "docker")


# --- Kept out ------------------------------------------------------------------------------------


def test_who_is_disabled_is_out_at_once_and_back_with_everything(
    inv: Inv, host: Sandbox, hub: str
) -> None:
    inv.ok("add-user", "--name", "dora", "--groups", "leem")
    before = started(host)
    dora = browser(hub, "dora")
    token = dora.api("POST", "/users/dora/tokens", {}).json()["token"]
    dora.spawn(IMAGE)
    sh(host, "echo measured > /home/jupyter-dora/data")
    inv.ok("disable-user", "--name", "dora")
    assert not has_container(host, "dora")
    assert not dora.is_logged_in()
    assert "/hub/login" in dora.get("/user/dora/lab").url
    assert _with_token(hub, token).status_code == 403
    with pytest.raises(LoginError, match="disabled"):
        browser(hub, "dora")
    with pytest.raises(LoginError, match="Invalid username or password"):
        browser(hub, "dora", OTHER)
    assert sh(host, "getent shadow jupyter-dora | cut -d: -f8") == "1", "nor by SSH"
    assert "nothing was changed" in inv.ok("disable-user", "--name", "dora").output
    assert member(inv, "dora")["state"] == "disabled"
    assert "inv enable-user --name dora" in inv.ok("add-user", "--name", "dora").output
    with pytest.raises(LoginError):
        browser(hub, "dora")
    inv.ok("enable-user", "--name", "dora")
    assert "nothing was changed" in inv.ok("enable-user", "--name", "dora").output
    again = browser(hub, "dora")
    again.spawn(IMAGE)
    assert again.run_cell("print(open('data').read())").text.strip() == "measured"
    again.stop()
    assert started(host) == before


def test_who_is_disabled_while_the_lab_starts_has_none(inv: Inv, host: Sandbox, hub: str) -> None:
    inv.ok("add-user", "--name", "dirk")
    dirk = browser(hub, "dirk")
    starting = Thread(target=dirk.api, args=("POST", "/users/dirk/server", {"image": IMAGE}))
    starting.start()
    inv.ok("disable-user", "--name", "dirk")
    starting.join()
    assert not has_container(host, "dirk")
    assert not dirk.is_logged_in()
    inv.ok("enable-user", "--name", "dirk")


def test_a_damaged_list_lets_nobody_in_and_is_written_anew(
    inv: Inv, host: Sandbox, hub: str
) -> None:
    inv.ok("add-user", "--name", "dana", "--name", "dino")
    for name in ("dana", "dino"):
        browser(hub, name)
    inv.ok("disable-user", "--name", "dana")
    sh(host, "echo '[' > /etc/labhub/hub/disabled.json")
    for name in ("dana", "dino"):
        with pytest.raises(LoginError, match="damaged"):
            browser(hub, name)
    inv.ok("enable-user", "--name", "dino")
    assert "dana" in json.loads(sh(host, "cat /etc/labhub/hub/disabled.json"))
    browser(hub, "dino")
    with pytest.raises(LoginError, match="disabled"):
        browser(hub, "dana")
    inv.ok("enable-user", "--name", "dana")
    browser(hub, "dana")


# --- Removed, and brought back -------------------------------------------------------------------

_FILL = """\
cd /home/jupyter-$1
mkdir -p many
seq 50000 | (cd many && xargs touch)
ln -s /etc/shadow shadow; ln -s / root; ln -s nowhere dangling; ln -s ../../outside outside
echo theirs > theirs; mkdir shared; echo x > shared/x
chown -R "jupyter-$1:" .
chown agfalta: theirs; chown -R root:root shared; chmod 600 shared/x
printf 'odd' > $'odd\\n"name'
setfattr -n user.origin -v leem theirs 2>/dev/null || true
"""


def test_a_removed_member_leaves_an_archive_and_nothing_else(
    inv: Inv, host: Sandbox, hub: str
) -> None:
    inv.ok("add-user", "--name", "rosa", "--groups", "leem,xps")
    before = started(host)
    rosa = browser(hub, "rosa")
    token = rosa.api("POST", "/users/rosa/tokens", {}).json()["token"]
    rosa.spawn(IMAGE)
    sh(host, _FILL, "rosa")
    identity = sh(host, "id jupyter-rosa")
    uid = sh(host, "id -u jupyter-rosa")
    assert "--yes" in inv.fails("remove-user", "--name", "rosa"), "nobody to ask"
    assert rosa.is_running()
    inv.ok("remove-user", "--name", "rosa", "--yes")
    # The open browser, at its next click.
    assert not rosa.is_logged_in()
    assert "/hub/login" in rosa.get("/user/rosa/lab").url
    assert _with_token(hub, token).status_code == 403
    with pytest.raises(LoginError, match="Invalid username or password"):
        browser(hub, "rosa")
    assert not has_container(host, "rosa")
    assert sh(host, "ls -A /home | grep rosa || true") == ""
    assert sh(host, "stat -c '%a %U' /var/lib/labhub/removed/rosa.tar.gz") == "600 root"
    assert int(sh(host, "tar -tzf /var/lib/labhub/removed/rosa.tar.gz | wc -l")) > 50_000
    assert sh(host, "test -s /etc/shadow && test -d /usr/bin && echo there") == "there"
    # The number is nobody else's.
    inv.ok("add-user", "--name", "next")
    assert sh(host, "id -u jupyter-next") != uid
    assert sh(host, "id -Gn jupyter-rosa") == "jupyter-rosa"
    assert sh(host, "passwd -S jupyter-rosa").split()[1] == "L"
    for task in ("add-user", "passwd", "enable-user"):
        assert "inv restore-user --name rosa" in inv.fails(task, "--name", "rosa")
    assert "nothing was changed" in inv.ok("remove-user", "--name", "rosa", "--yes").output
    assert member(inv, "rosa")["state"] == "removed"
    assert "inv restore-user: " in inv.ok("users", "--no-sizes").output
    # And back again.
    inv.ok("restore-user", "--name", "rosa")
    assert sh(host, "id jupyter-rosa") == identity
    assert sh(host, "stat -c %U:%G /home/jupyter-rosa/theirs /home/jupyter-rosa/shared/x") == (
        "agfalta:agfalta\nroot:root"
    )
    assert sh(host, "readlink /home/jupyter-rosa/shadow") == "/etc/shadow"
    assert int(sh(host, "ls /home/jupyter-rosa/many | wc -l")) == 50_000
    assert sh(host, "ls -A /var/lib/labhub/removed | grep '^rosa' || true") == ""
    assert "nothing was changed" in inv.ok("restore-user", "--name", "rosa").output
    browser(hub, "rosa", OTHER).spawn(IMAGE)
    browser(hub, "rosa", OTHER).stop()
    assert started(host) == before


def test_a_restored_member_can_be_invited(inv: Inv, hub: str) -> None:
    inv.ok("add-user", "--name", "remo")
    inv.ok("remove-user", "--name", "remo", "--yes")
    outcome = inv.ok("restore-user", "--name", "remo", "--invite")
    given = one_time_passwords(outcome.output)["remo"]
    with pytest.raises(LoginError):
        browser(hub, "remo")
    browser(hub, "remo", given)


@contextmanager
def failing(host: Sandbox, program: str, words: str) -> Iterator[None]:
    """Let a program of the host fail where its words match."""
    stub = f"/usr/local/sbin/{program}"
    sh(
        host,
        'real=$(command -v "$1"); printf \'#!/bin/bash\\ncase " $* " in %s) echo broken off; exit 7'
        ';; esac\\nexec %s "$@"\\n\' "$2" "$real" > "$3"; chmod 755 "$3"',
        program,
        words,
        stub,
    )
    try:
        yield
    finally:
        sh(host, f"rm -f {stub}")


BREAKS = {
    "expiring the account": ("usermod", "*--expiredate*"),
    "telling the hub": ("sync", "*disabled.json*"),
    "revoking the login": ("docker", "*labhub.operate*forget*"),
    "packing": ("tar", "*--create*"),
    "comparing": ("tar", "*--compare*"),
    "naming the archive": ("mv", "*tar.gz.new*"),
    "writing the record": ("sync", "*bruno.json*"),
    "moving the home away": ("mv", "*.removed*"),
    "deleting": ("rm", "*-rf*.removed*"),
    "marking the account": ("usermod", "*--comment*"),
}


@pytest.mark.parametrize("where", BREAKS)
def test_a_removal_broken_off_anywhere_is_finished_by_the_next(
    inv: Inv, host: Sandbox, hub: str, where: str
) -> None:
    inv.ok("add-user", "--name", "bruno", "--groups", "leem")
    with suppress(LoginError):
        browser(hub, "bruno")
    sh(host, "echo measured > /home/jupyter-bruno/data")
    before = sh(host, "id jupyter-bruno; " + LISTED, "/home/jupyter-bruno")
    with failing(host, *BREAKS[where]):
        assert "broken off" in inv.fails("remove-user", "--name", "bruno", "--yes")
    inv.ok("remove-user", "--name", "bruno", "--yes")
    assert "nothing was changed" in inv.ok("remove-user", "--name", "bruno", "--yes").output
    inv.ok("restore-user", "--name", "bruno")
    assert sh(host, "id jupyter-bruno; " + LISTED, "/home/jupyter-bruno") == before
    browser(hub, "bruno")


@pytest.mark.parametrize(
    "where",
    [
        ("tar", "*--extract*"),
        ("tar", "*--compare*"),
        ("mv", "*.back*"),
        ("usermod", "*--append*"),
        ("usermod", "*--expiredate*"),
        ("rm", "*.json*"),
    ],
)
def test_a_return_broken_off_anywhere_is_finished_by_the_next(
    inv: Inv, host: Sandbox, hub: str, where: tuple[str, str]
) -> None:
    inv.ok("add-user", "--name", "berta", "--groups", "leem")
    sh(host, "echo measured > /home/jupyter-berta/data")
    before = sh(host, "id jupyter-berta; " + LISTED, "/home/jupyter-berta")
    inv.ok("remove-user", "--name", "berta", "--yes")
    with failing(host, *where):
        inv.fails("restore-user", "--name", "berta")
    inv.ok("restore-user", "--name", "berta")
    assert "nothing was changed" in inv.ok("restore-user", "--name", "berta").output
    assert sh(host, "id jupyter-berta; " + LISTED, "/home/jupyter-berta") == before


def test_a_lost_connection_leaves_nothing_half_deleted(inv: Inv, host: Sandbox, hub: str) -> None:
    inv.ok("add-user", "--name", "cleo")
    sh(host, "seq 20000 | (cd /home/jupyter-cleo && xargs touch)")
    running = inv.begin("remove-user", "--name", "cleo", "--yes")
    end = time.monotonic() + 60
    while not sh(host, "ls -A /var/lib/labhub/removed 2>/dev/null | grep cleo || true"):
        assert time.monotonic() < end
    running.kill()
    running.wait()
    # What had begun goes on without us, and keeps the lock until it ends.
    inv.ok("remove-user", "--name", "cleo", "--yes", "--wait")
    inv.ok("restore-user", "--name", "cleo")
    assert int(sh(host, "ls /home/jupyter-cleo | wc -l")) == 20000


def test_what_is_mounted_in_a_home_is_told_before_anything_is_packed(
    inv: Inv, host: Sandbox, hub: str
) -> None:
    inv.ok("add-user", "--name", "mona")
    sh(host, "mkdir /home/jupyter-mona/disk; mount -t tmpfs tmpfs /home/jupyter-mona/disk")
    try:
        said = inv.fails("remove-user", "--name", "mona", "--yes")
        assert "/home/jupyter-mona/disk is mounted there" in said
    finally:
        sh(host, "umount /home/jupyter-mona/disk")
    inv.ok("remove-user", "--name", "mona", "--yes")


# --- All of it, for names that are hard ----------------------------------------------------------


def test_names_with_hyphens_underscores_digits_and_the_longest_live_it_all(
    inv: Inv, host: Sandbox, hub: str, tmp_path: Path
) -> None:
    names = ["anna-lena", "x_1", "a2-b_c", LONGEST]
    listed = tmp_path / "names.txt"
    listed.write_text("\n".join(names))
    file = ("--file", str(listed))
    given = one_time_passwords(inv.ok("add-user", *file, "--invite").output)
    given |= one_time_passwords(inv.ok("passwd", *file).output)
    clients = {name: browser(hub, name, given[name]) for name in names}
    for name, client in clients.items():
        client.change_password(given[name], PASSWORD)
        client.spawn(IMAGE)
    inv.ok("groups", *file, "--add", "xps")
    inv.ok("disable-user", *file)
    for name, client in clients.items():
        assert not client.is_logged_in()
        assert not has_container(host, name)
    inv.ok("enable-user", *file)
    for name in names:
        browser(hub, name).spawn(IMAGE)
    inv.ok("remove-user", *file, "--yes")
    assert "nothing was changed" in inv.ok("remove-user", *file, "--yes").output
    for name in names:
        assert not has_container(host, name)
    inv.ok("restore-user", *file)
    for name in names:
        assert "xps" in sh(host, 'id -Gn "jupyter-$1"', name).split()
        browser(hub, name)
    # "anna" is none of them.
    assert "anna is no member" in inv.fails("remove-user", "--name", "anna", "--yes")
