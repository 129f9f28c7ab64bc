"""What file servers refuse, and what they do when they are away: each one sentence, none a trap."""

from collections.abc import Callable

import pytest

from sandbox.inv import Inv
from sandbox.patience import until
from sandbox.vm.fileserver import ADDRESS, PASSWORD, PORT, FileServer
from sandbox.vm.machine import Machine
from sandbox.vm.states import SHARES, share
from tests.vm.look import OURS, as_member


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"SMB_PASSWORD": "wrong"}, f"{ADDRESS} refuses the user labnas: wrong name, password"),
        ({"SMB_USER": "stranger"}, f"{ADDRESS} refuses the user stranger: wrong name, password"),
        ({"MOUNT_DATA": share("nothing", "ro")}, "has no such share"),
        ({"MOUNT_DATA": share("data/nothing", "ro")}, "has no such share, or not the folder"),
        ({"MOUNT_DATA": share("secret", "ro")}, "the user labnas may not use the share"),
        ({"MOUNT_DATA": share("data", "ro vers=1.0")}, "choose another vers= in MOUNT_DATA"),
        ({"MOUNT_DATA": share("data", "ro", ",nonsense=1")}, "the kernel knows no option nonsense"),
        ({"MOUNT_DATA": "//nas.invalid/data ro"}, "no machine of the name nas.invalid is known"),
    ],
)
def test_what_is_refused_is_one_sentence_and_leaves_all_as_it_was(
    inv: Inv, kept: Callable[[str], Machine], settings: dict[str, str], reason: str
) -> None:
    host = kept("mounted")
    before = host.root(OURS)
    said = inv.fails("mounts", **SHARES | settings)
    assert said.startswith("MOUNT_DATA: ") and reason in said
    assert "Nothing of the mounts was changed" in said and len(said.splitlines()) == 2
    assert host.root(OURS) == before
    assert as_member(host, "alice", "ls -d /mnt/data/. /mnt/analysis/.")


def test_a_dialect_that_the_file_server_has_given_up_is_told(
    inv: Inv, mounted: Machine, files: FileServer
) -> None:
    files.configure(lowest="SMB3_11")
    files.start()
    said = inv.fails("mounts", **SHARES | {"MOUNT_DATA": share("data", "ro vers=2.1")})
    assert "does not speak this version of SMB" in said


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (f"//{ADDRESS}/data ro options=port={PORT + 1}", f"{ADDRESS} is up, and no file server"),
        ("//10.0.2.77/data ro", "10.0.2.77 does not answer: is it switched on"),
    ],
)
def test_a_file_server_that_is_away_is_described_and_awaited(
    inv: Inv, mounted: Machine, line: str, reason: str
) -> None:
    said = inv.fails("mounts", **SHARES | {"MOUNT_DATA": line})
    assert f"/mnt/data: {reason}" in said
    assert "/mnt/analysis" not in said
    assert inv("mounts", **SHARES | {"MOUNT_DATA": line}).changes == []
    assert "No such device" in as_member(mounted, "alice", "ls /mnt/data/")


def test_nothing_can_be_written_where_a_share_is_away(
    inv: Inv, mounted: Machine, files: FileServer
) -> None:
    mounted.root("systemctl stop srv-labhub-analysis-share.mount")
    files.stop()
    # Thrice as many as would end an automount for good without our limit.
    for _ in range(3):
        said = as_member(mounted, "bob", "for i in {1..5}; do touch /mnt/analysis/x; done")
        assert said.count("No such device") == 5
    assert "No such device" in mounted.root("touch /mnt/analysis/x 2>&1 || true")
    # Even with the automount gone, for whatever reason, nobody writes to the host's own disk.
    mounted.root("systemctl stop srv-labhub-data-share.automount srv-labhub-data-share.mount")
    assert "Permission denied" in as_member(mounted, "bob", "ls /mnt/data/")
    assert "not permitted" in mounted.root("touch /mnt/data/x 2>&1 || true")
    files.start()
    assert as_member(mounted, "bob", "touch /mnt/analysis/x && echo written") == "written"
    assert inv.ok("mounts", **SHARES).changes == [f"Mount //{ADDRESS}/data at /mnt/data"]


def test_a_server_killed_while_a_file_is_read_ends_in_an_error_and_heals(
    mounted: Machine, files: FileServer
) -> None:
    _read_while(mounted, files, files.stop)
    files.start()
    _heals(mounted)


def test_a_silent_server_ends_a_read_and_heals(mounted: Machine, files: FileServer) -> None:
    _read_while(mounted, files, files.hang)
    files.resume()
    _heals(mounted)


def _read_while(host: Machine, files: FileServer, lose: object) -> None:
    with (files.folder / "data" / "large").open("wb") as large:
        large.truncate(1 << 30)
    # Once it ran, so that what follows finds the share mounted and the file known.
    as_member(host, "alice", "head -c 4096 /mnt/data/large >/dev/null")
    assert callable(lose)
    lose()
    # That it ends at all is asked here; how soon, by bench/boot.py.
    said = as_member(host, "alice", "dd if=/mnt/data/large of=/dev/null bs=1M iflag=direct")
    # Which error it is depends on the moment: EIO, EHOSTDOWN, EAGAIN at the opening, or ENODEV.
    assert said.startswith("dd: "), said


def _heals(host: Machine) -> None:
    until(
        lambda: as_member(host, "alice", "head -c 3 /mnt/data/large | wc -c") == "3",
        "The share can be read again",
        pause=1,
    )


def test_a_share_that_was_made_anew_on_the_server_is_mounted_anew(
    inv: Inv, mounted: Machine, files: FileServer
) -> None:
    assert as_member(mounted, "bob", "ls -A /mnt/analysis/") == ""
    # Somebody stays in it: an idle share would be unmounted by itself, on a slow machine before
    # anybody has looked.
    stay = "systemd-run --quiet --uid=jupyter-bob --working-directory=/srv/labhub/analysis/share"
    mounted.root(f"{stay} sleep infinity")
    (files.folder / "analysis").rename(files.folder / "old")
    (files.folder / "analysis").mkdir()
    (files.folder / "analysis" / "kept").touch()
    # Which error it is depends on the moment: ESTALE or ENOENT.
    until(
        lambda: "cannot access" in as_member(mounted, "bob", "ls /mnt/analysis/"),
        "The host has seen that the share is another one",
        pause=1,
    )
    changes = inv.ok("mounts", **SHARES).changes
    assert changes == [f"Mount //{ADDRESS}/analysis at /mnt/analysis"]
    assert as_member(mounted, "bob", "ls -A /mnt/analysis/") == "kept"


def test_a_password_changed_on_the_server(inv: Inv, mounted: Machine, files: FileServer) -> None:
    files.set_password("new-one")
    files.start()
    said = inv.fails("mounts", **SHARES)
    assert f"{ADDRESS} refuses the user labnas: wrong name, password or domain" in said
    assert PASSWORD not in said
    changes = inv.ok("mounts", **SHARES | {"SMB_PASSWORD": "new-one"}).changes
    assert f"Write the login for //{ADDRESS}/data" in changes
    assert as_member(mounted, "alice", "touch /mnt/analysis/x && echo written") == "written"
