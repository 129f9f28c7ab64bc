import hashlib
import json
from dataclasses import replace

import pytest

from ops.errors import OperationError
from ops.mounts import fstab
from ops.mounts.facts import DROP_IN, HUB_FILE, PACKAGES, File, MountFacts, Target, unit
from ops.mounts.fstab import render_line
from ops.mounts.operation import ensure_mounts, render_login
from ops.plan.command import Change, Upload, secrets_of
from ops.settings.config import parse
from ops.settings.shares import Mount
from tests.unit.mounts.samples import ENV, MOUNTS

DEBIAN = b"UUID=1 / ext4 defaults 0 1"
BARE = MountFacts(
    fstab=DEBIAN,
    packages=frozenset({"e2fsprogs"}),
    kernel="6.12.57+deb13-amd64",
    has_module=True,
    active=frozenset(),
    files={},
    points={},
    targets={},
    outdated=frozenset(),
    offered={},
    groups=frozenset({"users"}),
)


def upload(content: str, mode: str) -> File:
    return File(mode, "root:root", hashlib.sha256(content.encode()).hexdigest())


def right(mounts: tuple[Mount, ...] = MOUNTS) -> MountFacts:
    """Return the facts of a host on which all has been made."""
    files = {}
    for change in ensure_mounts(mounts, BARE):
        for step in change.steps:
            if isinstance(step, Upload):
                content = step.content if isinstance(step.content, str) else step.content.value
                files[step.path] = upload(content, step.mode.removeprefix("0"))
    return replace(
        BARE,
        fstab=fstab.render(fstab.parse(DEBIAN), [render_line(mount) for mount in mounts]),
        packages=frozenset(PACKAGES),
        active=frozenset(unit(mount.name) + ".automount" for mount in mounts),
        files=files,
        points={mount.name: "mounted" for mount in mounts},
        targets={m.target: Target("link", f"/srv/labhub/{m.name}/share") for m in mounts},
        offered={mount.name: mount.target for mount in mounts},
        groups=frozenset({"users", "leem"}),
    )


def sentences(facts: MountFacts, mounts: tuple[Mount, ...] = MOUNTS) -> list[str]:
    return [change.why for change in ensure_mounts(mounts, facts)]


def changed(text: str, by: str) -> tuple[Mount, ...]:
    assert text in ENV
    return parse(ENV.replace(text, by), ".env", {}).mounts


def test_a_bare_host_gets_all_in_an_order_that_can_be_broken_off_anywhere() -> None:
    assert sentences(BARE) == [
        "Install cifs-utils, which mounting takes",
        "Create the group leem",
        "Try to mount //nas/data, before anything is written",
        "Try to mount //nas/leem, before anything is written",
        "Write the login for //nas/data",
        "Write the login for //nas/leem",
        "Let no number of failed accesses end an automount",
        "Make /mnt/data a link to /srv/labhub/data/share, where nothing else can be written",
        "Make /mnt/leem a link to /srv/labhub/leem/share, where nothing else can be written",
        "Describe 2 mounts in /etc/fstab",
        "Mount //nas/data at /mnt/data",
        "Mount //nas/leem at /mnt/leem",
        "Offer labs data, leem",
    ]


def test_nothing_is_to_be_done_where_all_is_right() -> None:
    assert sentences(right()) == []
    assert sentences(BARE, ()) == []


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        ({"active": frozenset({unit("leem") + ".automount"})}, "Mount //nas/data at /mnt/data"),
        ({"outdated": frozenset({"leem"})}, "Mount //nas/leem at /mnt/leem"),
        (
            {"points": {"data": "mutable", "leem": "0:0"}},
            "Make /mnt/data a link to /srv/labhub/data/share, where nothing else can be written",
        ),
        (
            {"targets": {"/mnt/leem": Target("link", "/srv/labhub/leem/share")}},
            "Make /mnt/data a link to /srv/labhub/data/share, where nothing else can be written",
        ),
        ({"packages": frozenset({"e2fsprogs"})}, "Install cifs-utils, which mounting takes"),
    ],
)
def test_what_is_half_made_is_repaired(damage: dict[str, object], sentence: str) -> None:
    assert sentences(replace(right(), **damage)) == [sentence]  # type: ignore[arg-type]


@pytest.mark.parametrize("path", [DROP_IN, HUB_FILE, "/etc/labhub/credentials/data"])
def test_a_file_with_another_content_or_mode_is_written_anew(path: str) -> None:
    facts = right()
    for wrong in (replace(facts.files[path], mode="640"), upload("x", facts.files[path].mode)):
        assert len(sentences(replace(facts, files={**facts.files, path: wrong}))) in (1, 3)


def test_changed_options_are_tried_first_and_applied_by_mounting_anew() -> None:
    wanted = changed("//nas/data ro", "//nas/data ro options=actimeo=5")
    assert sentences(right(), wanted) == [
        "Try to mount //nas/data, before anything is written",
        "Describe 2 mounts in /etc/fstab",
        "Mount //nas/data at /mnt/data",
    ]


def test_a_changed_password_is_tried_first_and_touches_only_whom_it_concerns() -> None:
    wanted = changed("MOUNT_LEEM=", "SMB_PASSWORD_LEEM=new\nMOUNT_LEEM=")
    assert sentences(right(), wanted) == [
        "Try to mount //nas/leem, before anything is written",
        "Write the login for //nas/leem",
        "Mount //nas/leem at /mnt/leem",
    ]


def test_who_is_interrupted_after_writing_finds_a_note_that_a_mount_is_old() -> None:
    wanted = changed("//nas/data ro", "//nas/data rw")
    describe = next(c for c in ensure_mounts(wanted, right()) if c.why.startswith("Describe"))
    assert str(describe.steps[0]) == "note that data is to be mounted anew"
    assert "fstab" in str(describe.steps[1])


def test_a_removed_mount_is_taken_away_wherever_something_of_it_is_left() -> None:
    facts, wanted = right(), changed("MOUNT_LEEM=//nas/leem rw group=leem\n", "")
    assert sentences(facts, wanted) == [
        "Describe 1 mount in /etc/fstab",
        "Unmount leem and take it away from /mnt/leem",
        "Offer labs data",
    ]
    half = replace(facts, fstab=fstab.render(fstab.parse(DEBIAN), [render_line(wanted[0])]))
    assert sentences(half, wanted)[0] == "Unmount leem and take it away from /mnt/leem"
    assert sentences(facts, ())[0] == "Take labhub's mounts out of /etc/fstab"
    assert sentences(facts, ())[-1] == "Offer labs no mount any more"


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        (replace(BARE, has_module=False), "6.12.57.*no cifs module"),
        (
            replace(BARE, fstab=b"//old/data /mnt/data cifs ro 0 0\n"),
            "/mnt/data is in use: a line of /etc/fstab that is not labhub's mounts //old/data",
        ),
        (
            replace(BARE, targets={"/mnt/data": Target("mount", "/dev/sdb1")}),
            "/mnt/data is in use: /dev/sdb1 is mounted there",
        ),
        (
            replace(BARE, targets={"/mnt/data": Target("directory", "")}),
            "/mnt/data is in use: it is a directory",
        ),
        (
            replace(BARE, targets={"/mnt/leem": Target("link", "/srv/leem")}),
            "/mnt/leem is in use: it is a link to /srv/leem",
        ),
        (replace(BARE, points={"data": "filled"}), "holds files that a mount would hide"),
    ],
)
def test_what_is_in_the_way_is_named_and_nothing_is_changed(facts: MountFacts, reason: str) -> None:
    with pytest.raises(OperationError, match=reason):
        sentences(facts)


def test_an_empty_folder_gives_way_to_the_link() -> None:
    assert sentences(replace(BARE, targets={"/mnt/data": Target("empty", "")})) == sentences(BARE)


def test_a_login_is_written_as_mount_cifs_parses_it_and_never_shown() -> None:
    login = replace(MOUNTS[0].login, domain="LAB")
    assert render_login(login) == "username=labnas\npassword=pa,ss #1\ndomain=LAB\n"
    changes: list[Change] = list(ensure_mounts(MOUNTS, BARE))
    assert "pa,ss" not in repr(changes)
    assert any("pa,ss #1" in secret for secret in secrets_of(changes))


def test_the_hub_is_told_what_labs_are_to_have() -> None:
    offer = list(ensure_mounts(MOUNTS, BARE))[-1].steps[0]
    assert json.loads(offer.content) == [  # type: ignore[union-attr, arg-type]
        {"name": "data", "target": "/mnt/data", "server": "nas", "read_only": True, "group": None},
        {
            "name": "leem",
            "target": "/mnt/leem",
            "server": "nas",
            "read_only": False,
            "group": "leem",
        },
    ]
