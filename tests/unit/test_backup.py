"""The format of backups, what is refused, which ones are kept, and whose numbers are taken."""

import io
import tarfile
from collections import defaultdict
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO

import pytest

from ops.backup.accounts import conflicts, ensure_accounts
from ops.backup.differences import differences
from ops.backup.onhost.archive import FORMAT, HEADER, Writer, read
from ops.backup.onhost.errors import BackupError, DamagedError, ForeignError
from ops.backup.onhost.facts import Account, parse_expiry
from ops.backup.onhost.files import backups, lab_of, name_of, remove_surplus, store, verify
from ops.backup.onhost.parts import tags_of
from ops.backup.places import Place, read_place
from ops.backup.schedule import ensure_schedule, read_time
from ops.backup.walks import without_secrets
from ops.errors import UsageError
from ops.members.account_facts import Account as Present
from ops.members.account_facts import Accounts, Group

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
ALICE = Account("jupyter-alice", 1001, 1001, "/bin/bash", "", "", ("leem", "users"))
GROUPS = {"jupyter-alice": 1001, "leem": 1002, "users": 100}


def write(out: IO[bytes]) -> None:
    writer = Writer(out, {"lab": "lab"})
    writer.add_bytes("hub-data/cookie_secret", b"c" * 5000)
    writer.finish()


def written() -> bytes:
    out = io.BytesIO()
    write(out)
    return out.getvalue()


def parts_of(content: bytes) -> dict[str, bytes]:
    found = {}

    def take(info: tarfile.TarInfo, part: IO[bytes]) -> None:
        found[info.name] = part.read()

    read(io.BytesIO(content), take)
    return found


def test_what_was_written_is_read() -> None:
    assert read(io.BytesIO(written())) == {"format": FORMAT, "lab": "lab"}
    assert parts_of(written()) == {"hub-data/cookie_secret": b"c" * 5000}


@pytest.mark.parametrize("length", [600, 1024, 1600, 3000, 6700, 7300])
def test_one_that_was_cut_off_is_refused(length: int) -> None:
    with pytest.raises(BackupError):
        read(io.BytesIO(written()[:length]))


def test_a_flipped_bit_in_any_part_is_found() -> None:
    content = bytearray(written())
    for place in (content.index(b"ccc") + 7, content.index(b'"lab"') + 2):
        damaged = bytearray(content)
        damaged[place] ^= 1
        with pytest.raises(DamagedError):
            read(io.BytesIO(bytes(damaged)))


@pytest.mark.parametrize("content", [b"", b"hello", b"x" * 20000, b"\x1f\x8b" + b"z" * 600])
def test_what_is_no_backup_is_refused(content: bytes) -> None:
    with pytest.raises(ForeignError):
        read(io.BytesIO(content))


def test_another_tar_file_is_foreign() -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        tar.addfile(tarfile.TarInfo("etc/passwd"))
    with pytest.raises(ForeignError):
        read(io.BytesIO(out.getvalue()))


def test_a_later_format_says_so() -> None:
    out = io.BytesIO()
    Writer(out, {"lab": "lab", "format": FORMAT + 1}).finish()
    with pytest.raises(ForeignError, match=f"format {FORMAT + 1}"):
        read(io.BytesIO(out.getvalue()))


def test_the_passphrase_decides(tmp_path: Path) -> None:
    name = name_of("lab", NOON, "open sesame")
    path = tmp_path / name
    with path.open("wb") as out:
        _encrypt(out, "open sesame")
    assert HEADER.encode() not in path.read_bytes()
    assert verify(path, "open sesame")["lab"] == "lab"
    with pytest.raises(BackupError, match="passphrase is wrong"):
        verify(path, "open barley")
    with pytest.raises(BackupError, match="is encrypted"):
        verify(path, "")
    path.write_bytes(path.read_bytes()[:3000])
    with pytest.raises(DamagedError):
        verify(path, "open sesame")


def _encrypt(out: IO[bytes], passphrase: str) -> None:
    from ops.backup.onhost.crypt import encrypted

    with encrypted(out, passphrase) as plain:
        write(plain)


def test_a_backup_has_its_name_only_when_it_is_whole(tmp_path: Path) -> None:
    def fail(out: IO[bytes]) -> None:
        out.write(b"half")
        raise OSError(28, "No space left on device")

    name = name_of("lab", NOON, "")
    with pytest.raises(BackupError, match="no room left"):
        store(tmp_path, name, "", fail)
    with pytest.raises(ForeignError):
        store(tmp_path, name, "", lambda out: None)
    assert list(tmp_path.iterdir()) == []
    store(tmp_path, name, "", write)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).stat().st_mode & 0o777 == 0o600


def test_the_oldest_of_the_same_lab_go(tmp_path: Path) -> None:
    for lab in ("a", "a-b"):
        for day in range(3):
            store(tmp_path, name_of(lab, NOON + timedelta(days=day), ""), "", write)
    assert remove_surplus(tmp_path, "a", 0) == []
    assert remove_surplus(tmp_path, "a", 2) == [name_of("a", NOON, "")]
    assert [it.lab for it in backups(tmp_path)].count("a-b") == 3


def test_a_lab_is_told_from_others_on_the_same_disk() -> None:
    assert lab_of("AG Falta: LEEM/PEEM", "lab.example.org") == "ag-falta-leem-peem-lab.example.org"


def test_places() -> None:
    assert read_place("", ()) == Place("backups", is_on_host=False)
    assert read_place("host:/srv/b", ()) == Place("/srv/b", is_on_host=True)
    for wrong in ("host:b", "host:/a/../b", "mount:data/x"):
        with pytest.raises(UsageError):
            read_place(wrong, ())


def test_secrets_of_the_settings_stay_here() -> None:
    text = "LAB_HOST=h\nSMB_PASSWORD=a\nSMB_PASSWORD_X=b\nBACKUP_PASSPHRASE=c\nHUB_PORT=81\n"
    assert without_secrets(text, ".env") == "LAB_HOST=h\nHUB_PORT=81\n"


def test_tags_are_read_from_the_links() -> None:
    links = {
        "repositories/a/b/_manifests/tags/1.2/current/link": b"sha256:1",
        "repositories/a/b/_manifests/tags/1.2/index/sha256/1/link": b"sha256:1",
        "repositories/a/b/_layers/sha256/2/link": b"sha256:2",
    }
    assert tags_of(links) == {"a/b": {"1.2": "sha256:1"}}


def test_who_is_expired_stays_so() -> None:
    assert parse_expiry("a:!:1:0:99999:7::1:\nb:!:1:0:99999:7:::\n") == {"a": "1"}


def host(accounts: dict[str, int], groups: dict[str, int]) -> Accounts:
    present = {
        name: Present(uid, uid, f"/home/{name}", "/bin/bash", is_locked=True)
        for name, uid in accounts.items()
    }
    return Accounts(present, {}, {name: Group(gid, frozenset()) for name, gid in groups.items()})


def test_accounts_come_back_with_their_numbers() -> None:
    plan = list(ensure_accounts([ALICE], GROUPS, host({}, {"users": 100})))
    assert [change.why for change in plan] == [
        "Create the group jupyter-alice with gid 1001 again",
        "Create the group leem with gid 1002 again",
        "Create the account jupyter-alice with uid 1001 again",
    ]
    assert "--uid 1001 --gid 1001" in str(plan[-1].steps[0])


@pytest.mark.parametrize(
    ("accounts", "groups", "problem"),
    [
        ({"jupyter-alice": 1005}, {}, "has uid 1005"),
        ({"operator": 1001}, {}, "belongs to operator"),
        ({}, {"leem": 1009}, "the group leem has gid 1009"),
        ({}, {"other": 1002}, "gid 1002 of the group leem belongs to other"),
    ],
)
def test_numbers_that_are_taken_are_said(
    accounts: dict[str, int], groups: dict[str, int], problem: str
) -> None:
    assert problem in "".join(conflicts([ALICE], GROUPS, host(accounts, groups)))
    assert conflicts([ALICE], GROUPS, host({}, {"users": 100})) == []


def test_a_timer_that_was_never_there_needs_no_end() -> None:
    answers = {"schedule-files": "", "schedule-timer": "not-found\ninactive"}
    assert list(ensure_schedule("off", {}, answers)) == []
    (change,) = ensure_schedule("daily", {"folder": "/b", "passphrase": "s3cret"}, answers)
    assert "s3cret" not in f"{change.why}{change.steps}"
    with pytest.raises(UsageError):
        read_time("hourly")


def test_what_is_not_as_in_a_backup_is_named() -> None:
    tags = {"tools": {"1.2": "sha256:aa"}}
    header = {"accounts": [asdict(ALICE)], "groups": GROUPS, "tags": tags}
    nothing = defaultdict(str, storage="volume")
    assert differences(header, nothing) == [
        "jupyter-alice should have uid 1001 and gid 1001",
        "tools:1.2 should be sha256:aa",
        "the hub should answer",
    ]
