"""The mounts in the labs: who gets which, and what happens when one goes and comes back."""

import re
from collections.abc import Iterator

import pytest

from sandbox.inv import Inv
from sandbox.running import Sandbox
from tests.hub_client import HubClient, SpawnError, alert_in
from tests.sandbox.conftest import PASSWORD
from tests.sandbox.look import inspect, publish, sh, wait_for_login_page
from tests.sandbox.shares import Share, mount, offer, place, remove, unmount

STATE = "labs"
IMAGE = "agfalta_tools:1.2"
DATA = Share("data", read_only=True)
ANALYSIS = Share("analysis")
LEEM = Share("leem", group="leem", server="nas")
ALL = (DATA, ANALYSIS, LEEM)
SENTENCE = "data (/mnt/data) is away: "


@pytest.fixture
def shares(host: Sandbox) -> Iterator[None]:
    """All three mounted and offered."""
    for share in ALL:
        place(host, share)
        mount(host, share)
    offer(host, *ALL)
    yield
    remove(host, *ALL)


@pytest.fixture
def alice(browser: HubClient) -> Iterator[HubClient]:
    """A member of the group leem, whose lab does not run."""
    if browser.is_running():
        browser.stop()
    yield browser
    if browser.is_running():
        browser.stop()


def look(client: HubClient, code: str) -> str:
    """Run code in the lab; an error that it ends in is its output."""
    lines = "".join(f"    {line}\n" for line in code.splitlines())
    return client.run_cell(
        f"import os\nfrom pathlib import Path\ntry:\n{lines}except OSError as error:\n"
        "    print(type(error).__name__, error.strerror)"
    ).text.strip()


def without_mounts(page: str) -> bool:
    return "Your lab will have" not in page and 'name="without"' not in page


def test_where_no_mount_is_configured_nothing_is_said_of_any(alice: HubClient) -> None:
    assert without_mounts(alice.spawn_page())
    alice.spawn(IMAGE)
    assert look(alice, "print([*Path('/srv').iterdir()], Path('data').is_symlink())") == "[] False"


def test_a_lab_has_its_mounts_with_the_rights_that_are_configured(
    shares: None, alice: HubClient, host: Sandbox
) -> None:
    page = alice.spawn_page()
    assert "<code>~/data</code>" in page and "/mnt/data, read-only" in page
    assert 'name="without"' not in page
    alice.spawn(IMAGE)
    read = "for at in ('data', '/mnt/data', 'leem', '/mnt/analysis'): print((Path(at) / 'first.txt').read_text(), end='')"  # noqa: E501
    assert look(alice, read) == "measured\n" * 3 + "measured"
    assert look(alice, "Path('data/x').write_text('')") == "OSError Read-only file system"
    assert look(alice, "print(Path('analysis/x').write_text('result'))") == "6"
    assert look(alice, "print(Path('/mnt/leem/y').write_text('result'))") == "6"
    assert sh(host, "cat /srv/labhub/analysis/share/x") == "result"
    assert sh(host, "stat -c %U /srv/labhub/analysis/share/x") == "jupyter-alice"
    assert sh(host, "find /home/jupyter-alice ! -user jupyter-alice") == ""
    names = [it["name"] for it in alice.lab_api("GET", "/api/contents/").json()["content"]]
    assert {"data", "analysis", "leem"} <= set(names), "JupyterLab's file browser shows them"
    listed = alice.lab_api("GET", "/api/contents/data").json()["content"]
    assert [it["name"] for it in listed] == ["first.txt"]


def test_a_group_s_mount_is_for_its_members_from_their_next_start_on(
    shares: None, inv: Inv, hub: str, host: Sandbox
) -> None:
    inv.ok("add-user", "--name", "moritz")
    moritz = HubClient(hub)
    moritz.login("moritz", PASSWORD)
    assert "leem" not in moritz.spawn_page()
    moritz.spawn(IMAGE)
    see = "print(Path('/srv/labhub/leem').exists(), Path('leem').is_symlink(), os.path.lexists('/mnt/leem'))"  # noqa: E501
    assert look(moritz, see) == "False False False"
    started = inspect(host, "lab-moritz")["State"]["StartedAt"]
    inv.ok("add-user", "--name", "moritz", "--groups", "leem")
    assert inspect(host, "lab-moritz")["State"]["StartedAt"] == started
    moritz.stop()
    assert "<code>~/leem</code>" in moritz.spawn_page()
    moritz.spawn(IMAGE)
    assert look(moritz, "print(Path('leem/x').write_text('mine'))") == "4"
    moritz.stop()
    sh(host, "gpasswd --delete jupyter-moritz leem")
    moritz.spawn(IMAGE)
    assert look(moritz, see) == "False False False"
    moritz.stop()


def test_a_share_that_goes_is_no_empty_folder_and_comes_back_into_a_running_lab(
    shares: None, alice: HubClient, host: Sandbox
) -> None:
    alice.spawn(IMAGE)
    for _ in range(2):
        assert look(alice, "print(os.listdir('data'))") == "['first.txt']"
        for share in (DATA, ANALYSIS):
            unmount(host, share)
        assert look(alice, "print(os.listdir('data'))") == "PermissionError Permission denied"
        write = "print(Path('/mnt/analysis/x').write_text('lost'))"
        assert look(alice, write) == "PermissionError Permission denied"
        for share in (DATA, ANALYSIS):
            mount(host, share)
        assert look(alice, write) == "4"
    assert sh(host, "cat /srv/labhub/analysis/share/x") == "lost"


def test_a_lab_starts_without_a_mount_only_when_its_member_says_so(
    shares: None, alice: HubClient, host: Sandbox
) -> None:
    unmount(host, DATA)
    page = alice.spawn_page()
    assert SENTENCE in page and "Start without data</label>" in page
    assert "<code>~/analysis</code>" in page and "<code>~/data</code>" not in page
    refused = alice.post_spawn(IMAGE)
    assert refused.status_code == 503
    assert (alert_in(refused.text) or "").startswith(SENTENCE)
    assert "Start without data</label>" in refused.text, "the form is there again"
    assert not alice.is_running()
    alice.spawn(IMAGE, without=["data"])
    access = "print(os.listdir('data'))"
    assert look(alice, access) == "PermissionError Permission denied"
    assert look(alice, "print(os.readlink('/mnt/data'))") == "/srv/labhub/data/share"
    started = inspect(host, "lab-alice")["State"]["StartedAt"]
    mount(host, DATA)
    assert look(alice, access) == "['first.txt']", "it came back into the lab"
    assert inspect(host, "lab-alice")["State"]["StartedAt"] == started
    alice.stop()
    unmount(host, DATA)
    assert alice.api("POST", "/users/alice/server").status_code == 503, "said for one start only"


def test_rest_asks_and_is_told_the_same(shares: None, alice: HubClient, host: Sandbox) -> None:
    unmount(host, DATA)
    unmount(host, LEEM)
    for without in ([], ["data"], "data leem", None):
        options = {"image": IMAGE, "without": without}
        answer = alice.api("POST", "/users/alice/server", options)
        assert answer.status_code == 503, without
        assert "leem (/mnt/leem) is away: " in answer.json()["message"]
    options = {"image": IMAGE, "without": ["data", "leem"]}
    assert alice.api("POST", "/users/alice/server", options).status_code in (201, 202)
    alice.wait_ready()
    alice.stop()
    with pytest.raises(SpawnError, match=re.escape(SENTENCE)):
        alice.spawn(IMAGE, without=["leem"])


def test_a_mount_that_the_host_has_yet_to_make_is_not_bound(
    shares: None, alice: HubClient, host: Sandbox
) -> None:
    offer(host, *ALL, Share("xps"))
    assert "xps (/mnt/xps) is away: it is not mounted" in alice.spawn_page()
    alice.spawn(IMAGE, without=["xps"])
    assert look(alice, "print(sorted(os.listdir('/srv/labhub')))") == "['analysis', 'data', 'leem']"
    assert sh(host, "ls /srv/labhub") == "analysis\ndata\nleem"


def test_links_stand_where_the_host_has_them_but_never_replace_what_an_image_has(
    shares: None, alice: HubClient, host: Sandbox
) -> None:
    offer(host, DATA, Share("analysis", at="/lab/results/analysis"))
    sh(
        host,
        "docker build -q -t localhost:5000/agfalta_tools:own - <<'END'\n"
        f"FROM localhost:5000/{IMAGE}\nUSER root\nRUN mkdir /mnt/data\nUSER nobody\nEND\n",
    )
    publish(host, "agfalta_tools:own")
    alice.spawn("agfalta_tools:own")
    assert look(alice, "print(os.listdir('/mnt/data'), os.listdir('data'))") == "[] ['first.txt']"
    assert look(alice, "print(os.listdir('/lab/results/analysis'))") == "['first.txt']"
    assert look(alice, "print(oct(os.stat('/lab').st_mode), os.stat('/lab').st_uid)") == "0o40755 0"
    log = sh(host, "docker logs labhub-hub 2>&1 | grep lab-alice | tail -n 20")
    assert "The image has a /mnt/data of its own: no link is made." in log


def test_the_hub_starts_while_the_file_server_is_away_and_labs_keep_running(
    shares: None, alice: HubClient, host: Sandbox, hub: str
) -> None:
    alice.spawn(IMAGE)
    started = inspect(host, "lab-alice")["State"]["StartedAt"]
    for share in ALL:
        unmount(host, share)
    sh(host, "docker restart labhub-hub")
    wait_for_login_page(hub)
    assert inspect(host, "lab-alice")["State"]["StartedAt"] == started
    for share in ALL:
        mount(host, share)
    assert look(alice, "print(os.listdir('data'))") == "['first.txt']"
    alice.stop()
    page = alice.spawn_page()
    assert "<code>~/data</code>" in page and 'name="without"' not in page, "the new hub sees them"
