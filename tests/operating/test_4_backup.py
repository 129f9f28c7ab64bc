"""A lab in one file, made again from it on a second, bare host; and what is refused."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.host import down, up
from sandbox.running import Sandbox
from tests.conftest import PASSWORD
from tests.hub_client import HubClient
from tests.sandbox.inv import Inv, Outcome
from tests.sandbox.look import sh

PASSPHRASE = "open sesame 2026"
TAGS = (
    "cd /var/lib/docker/volumes/labhub-registry-data/_data/docker/registry/v2/repositories && "
    "grep -r sha256: */_manifests/tags/*/current/link | sort"
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("backups")


@pytest.fixture(scope="module")
def saved(inv: Inv, hub: str, pushed: Outcome, member: str, folder: Path) -> Path:
    """An encrypted backup, written while a member is logged in."""
    client = HubClient(hub)
    client.login(member, PASSWORD)
    inv.ok("backup", "--to", str(folder), BACKUP_PASSPHRASE=PASSPHRASE)
    (path,) = folder.glob("labhub-*.tar.gpg")
    return path


@pytest.fixture(scope="module")
def second() -> Iterator[Sandbox]:
    down("t-restore")
    yield up("t-restore")
    down("t-restore")


def test_a_backup_is_for_the_operator_alone(saved: Path, folder: Path) -> None:
    assert saved.stat().st_mode & 0o777 == 0o600
    assert list(folder.iterdir()) == [saved], "nothing is left beside it"


def test_what_is_not_whole_is_refused_before_anything_is_touched(
    saved: Path, second: Sandbox, tmp_path: Path
) -> None:
    content = saved.read_bytes()
    flipped = bytearray(content)
    flipped[len(flipped) // 2] ^= 1
    bad = {"flipped": bytes(flipped), "cut": content[:-5000], "foreign": b"no backup" * 1000}
    target = Inv("t-restore")
    for name, data in bad.items():
        path = tmp_path / f"{name}.tar.gpg"
        path.write_bytes(data)
        said = target.fails("restore", "--from", str(path), BACKUP_PASSPHRASE=PASSPHRASE)
        assert said.startswith(
            "This is no backup" if name == "foreign" else "The backup is damaged"
        )
    assert "passphrase is wrong" in target.fails(
        "restore", "--from", str(saved), BACKUP_PASSPHRASE="open barley"
    )
    assert sh(second, "command -v docker || echo bare") == "bare"


def test_a_host_with_members_is_not_overwritten(inv: Inv, saved: Path) -> None:
    said = inv.fails("restore", "--from", str(saved), BACKUP_PASSPHRASE=PASSPHRASE)
    assert "--force" in said


def test_a_bare_host_becomes_the_same_lab(host: Sandbox, second: Sandbox, saved: Path) -> None:
    began = time.monotonic()
    Inv("t-restore").ok("restore", "--from", str(saved), BACKUP_PASSPHRASE=PASSPHRASE)
    print(f"restored on a bare host in {(time.monotonic() - began) / 60:.1f} min")
    for look in ("id jupyter-alice", TAGS, "cat /etc/labhub/hub/images.json || true"):
        assert sh(second, look) == sh(host, look)
    HubClient(second.url).login("alice", PASSWORD)
    assert sh(second, "ls /var/lib/labhub/restore || echo none") == "none"


def test_the_host_writes_backups_by_itself(inv: Inv, host: Sandbox, pushed: Outcome) -> None:
    to = ("--to", "host:/var/backups/labhub-test")
    try:
        inv.ok("backup", "--schedule", "daily", *to, BACKUP_PASSPHRASE=PASSPHRASE)
        again = inv.ok("backup", "--schedule", "daily", *to, BACKUP_PASSPHRASE=PASSPHRASE)
        assert not again.changes
        assert "labhub-backup.timer" in sh(host, "systemctl list-timers --no-pager")
        assert sh(host, "stat -c %a /etc/labhub/backup.json") == "600"
        sh(host, "systemctl start labhub-backup.service")
        assert ".tar.gpg" in inv.ok("backup", "--list", *to).output
    finally:
        inv.ok("backup", "--schedule", "off")
        sh(host, "rm -rf /var/backups/labhub-test")
    assert "labhub-backup" not in sh(host, "systemctl list-timers --all --no-pager")
