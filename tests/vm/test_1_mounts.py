"""`inv mounts` with a real file server: from nothing, twice, changed, and taken back."""

from sandbox.inv import Inv
from sandbox.patience import until
from sandbox.vm.fileserver import ADDRESS, FileServer
from sandbox.vm.machine import Machine
from sandbox.vm.states import LOGIN, SHARES, share
from tests.vm.look import OURS, as_member, count_sessions

NAMES = ("data", "analysis", "leem")
FOREIGN = """\
# by hand
\ttmpfs  /media/x\ttmpfs noauto 0 0
this is broken
onlyone
tmpfs /media/y tmpfs noauto"""
CLOSED = "where nothing else can be written"
RIGHT = "everything is right already, nothing was changed"


def test_from_nothing_to_shares_that_are_proved(inv: Inv, bare: Machine) -> None:
    before = bare.root("cat /etc/fstab")
    outcome = inv.ok("mounts", **SHARES)
    assert outcome.changes == [
        "Install cifs-utils, which mounting takes",
        "Create the group leem",
        *(f"Try to mount //{ADDRESS}/{name}, before anything is written" for name in NAMES),
        *(f"Write the login for //{ADDRESS}/{name}" for name in NAMES),
        "Let no number of failed accesses end an automount",
        *(f"Make /mnt/{name} a link to /srv/labhub/{name}/share, {CLOSED}" for name in NAMES),
        "Describe 3 mounts in /etc/fstab",
        *(f"Mount //{ADDRESS}/{name} at /mnt/{name}" for name in NAMES),
        "Offer labs data, analysis, leem",
    ]
    rows = [line.split()[:5] for line in outcome.output.splitlines() if line.startswith("//")]
    assert rows == [
        [f"//{ADDRESS}/data", "/mnt/data", "yes", "yes", "refused"],
        [f"//{ADDRESS}/analysis", "/mnt/analysis", "yes", "yes", "yes"],
        [f"//{ADDRESS}/leem", "/mnt/leem", "yes", "yes", "yes"],
    ]
    assert bare.root("cat /etc/fstab").endswith(before)
    assert bare.root("cat /etc/fstab.before-labhub") == before
    assert bare.root("findmnt --verify").startswith("Success, no errors or warnings")
    sessions = count_sessions(bare)
    assert RIGHT in inv.ok("mounts", **SHARES).output
    assert count_sessions(bare) - sessions == 1


def test_no_secret_is_readable_or_printed(inv: Inv, mounted: Machine) -> None:
    secret = "never-seen-2026"
    said = inv("mounts", **SHARES | {"SMB_PASSWORD": secret})
    preview = inv.ok("--dry", "mounts", **SHARES | {"SMB_PASSWORD": secret})
    assert secret not in said.output + said.errors + preview.output
    modes = mounted.root("stat -c '%a %U:%G' /etc/labhub/credentials/*").splitlines()
    assert modes == ["600 root:root"] * 3
    looked = mounted.root(
        "journalctl --sync; journalctl --quiet >/run/said; "
        'grep -c "$1" /run/said || true; ls -A /run/labhub',
        secret,
    )
    assert looked.split() == ["0", "host.lock", "outdated"]
    assert mounted.root(f"grep -rl {secret} /etc /var/log /run/labhub || [ $? = 1 ]") == ""


def test_what_is_read_only_is_so_for_everybody(mounted: Machine, files: FileServer) -> None:
    (files.folder / "data" / "measured.txt").write_text("electrons")
    assert as_member(mounted, "alice", "cat /mnt/data/measured.txt") == "electrons"
    assert "Read-only file system" in as_member(mounted, "alice", "touch /mnt/data/x")
    assert "Read-only file system" in mounted.root("touch /mnt/data/x 2>&1 || true")
    assert [path.name for path in (files.folder / "data").iterdir()] == ["measured.txt"]


def test_members_write_with_the_modes_of_the_group(mounted: Machine, files: FileServer) -> None:
    make = (
        "cd /mnt/{0}; echo x > {1}; mkdir {1}.d; ln -s {1} {1}.link; stat -c '%a %u %g' {1} {1}.d"
    )
    assert as_member(mounted, "bob", make.format("analysis", "b")) == "664 1000 100\n775 1000 100"
    assert as_member(
        mounted, "alice", "echo more >> /mnt/analysis/b; cat /mnt/analysis/b.link"
    ) == ("x\nmore")
    leem = mounted.root("getent group leem | cut -d: -f3")
    assert as_member(mounted, "alice", make.format("leem", "a")) == f"660 0 {leem}\n770 0 {leem}"
    assert "Permission denied" in as_member(mounted, "bob", "ls /mnt/leem")
    assert "Permission denied" in as_member(mounted, "bob", "echo x >> /mnt/leem/a")
    assert (files.folder / "leem" / "a").read_text() == "x\n"


def test_check_only_looks_and_tells_what_differs(
    inv: Inv, mounted: Machine, files: FileServer
) -> None:
    rows = inv.ok("mounts", "--check", **SHARES).output.splitlines()
    assert [line.split()[4] for line in rows[1:]] == ["read-only", "allowed", "allowed"]
    before = mounted.root(OURS)
    said = inv.fails("mounts", "--check", **SHARES | {"MOUNT_DATA": share("data", "rw")})
    assert "not as .env describes it" in said and "Describe 3 mounts in /etc/fstab" in said
    assert mounted.root(OURS) == before
    assert not list((files.folder / "analysis").iterdir())


def test_a_preview_shows_the_lines_and_changes_nothing(inv: Inv, mounted: Machine) -> None:
    before = mounted.root(OURS)
    shown = inv.ok("--dry", "mounts", **SHARES | {"MOUNT_DATA": share("data", "rw")}).output
    assert "4 changes would be made" in shown
    assert f"//{ADDRESS}/data /srv/labhub/data/share cifs credentials=" in shown
    assert mounted.root(OURS) == before


def test_changed_options_are_applied_to_what_is_mounted(
    inv: Inv, mounted: Machine, files: FileServer
) -> None:
    keep_open = "exec 3>>/mnt/analysis/open; while echo more >&3; do sleep 1; done"
    mounted.root(f"runuser -u jupyter-bob -- bash -c '{keep_open}' </dev/null >/dev/null 2>&1 &")
    wanted = SHARES | {"MOUNT_ANALYSIS": share("analysis", options=",actimeo=7")}
    assert inv.ok("mounts", **wanted).changes[1:] == [
        "Describe 3 mounts in /etc/fstab",
        f"Mount //{ADDRESS}/analysis at /mnt/analysis",
    ]
    assert "actimeo=7" in mounted.root("findmnt -t cifs -o OPTIONS /srv/labhub/analysis/share")
    # Who had a file open goes on writing to it.
    opened = files.folder / "analysis" / "open"
    written = opened.read_text()
    until(lambda: opened.read_text() != written, "The file that is open is written to")
    assert RIGHT in inv.ok("mounts", **wanted).output


def test_a_removed_share_leaves_nothing_behind(inv: Inv, mounted: Machine) -> None:
    left = {key: value for key, value in SHARES.items() if key != "MOUNT_ANALYSIS"}
    assert inv.ok("mounts", **left).changes == [
        "Describe 2 mounts in /etc/fstab",
        "Unmount analysis and take it away from /mnt/analysis",
        "Offer labs data, leem",
    ]
    assert "analysis" not in mounted.root(OURS + "; findmnt; systemctl list-units")
    assert "No mount is configured" in inv.ok("mounts").output
    assert mounted.root("cat /etc/fstab; ls /mnt /srv/labhub") == (
        "/dev/vda / ext4 errors=remount-ro 0 1\n/mnt:\n\n/srv/labhub:"
    )


def test_a_share_moves_to_where_it_is_wanted(inv: Inv, mounted: Machine) -> None:
    wanted = SHARES | {"MOUNT_DATA": share("my share", "ro at=/data/raw vers=3.0")}
    inv.ok("mounts", **wanted)
    assert mounted.root("readlink /data/raw; ls /mnt") == "/srv/labhub/data/share\nanalysis\nleem"
    found = mounted.root("findmnt -n -t cifs -o SOURCE,OPTIONS /srv/labhub/data/share")
    assert found.startswith(f"//{ADDRESS}/my share") and "vers=3.0" in found


def test_other_lines_of_fstab_stay_to_the_byte(inv: Inv, mounted: Machine) -> None:
    without_ours = "sed '/^# labhub begin/,/^# labhub end/d' /etc/fstab"
    mounted.root(f'printf %s "$1" >>/etc/fstab; {without_ours} >/root/before', FOREIGN)
    outcome = inv.ok("mounts", **SHARES | {"MOUNT_LEEM": ""})
    assert "In /etc/fstab, not labhub's and left as it is: is: unreachable" in outcome.output
    number = mounted.root("grep -n '^onlyone$' /etc/fstab | cut -d: -f1")
    assert f"left as it is: parse error at line {number}" in outcome.output
    assert mounted.root("grep -c /srv/labhub/ /etc/fstab") == "2"
    mounted.root(f"{without_ours} | cmp - /root/before")
    inv.ok("mounts")
    mounted.root("cmp /etc/fstab /root/before")


IN_THE_WAY = {
    "line": (
        "mkdir /mnt/line; echo '//old/data /mnt/line cifs ro 0 0' >>/etc/fstab",
        "a line of /etc/fstab that is not labhub's mounts //old/data there",
    ),
    "tmpfs": ("mkdir /mnt/tmpfs; mount -t tmpfs tmpfs /mnt/tmpfs", "tmpfs is mounted there"),
    "folder": ("mkdir -p /mnt/folder/old", "it is a directory"),
    "link": ("ln -s /srv /mnt/link", "it is a link to /srv"),
    "file": ("touch /mnt/file", "it is a regular empty file"),
    "filled": ("mkdir -p /srv/labhub/filled/share/x", "holds files that a mount would hide"),
}


def test_what_is_in_the_way_is_named_all_at_once_and_left_alone(inv: Inv, bare: Machine) -> None:
    for arrange, _ in IN_THE_WAY.values():
        bare.root(arrange)
    before = bare.root("cat /etc/fstab; find /mnt /srv")
    wanted = {f"MOUNT_{name.upper()}": share("data", "ro") for name in IN_THE_WAY}
    said = inv.fails("mounts", **LOGIN, **wanted).splitlines()
    for name, (_, reason) in IN_THE_WAY.items():
        assert any(f"/{name}" in line and reason in line for line in said), (name, said)
    assert bare.root("cat /etc/fstab; find /mnt /srv") == before


def test_edited_marks_in_fstab_are_told_and_left_alone(inv: Inv, bare: Machine) -> None:
    bare.root("echo '# labhub end' >>/etc/fstab")
    before = bare.root("cat /etc/fstab; find /mnt /srv")
    assert "the marks around labhub's lines were edited" in inv.fails("mounts", **SHARES)
    assert bare.root("cat /etc/fstab; find /mnt /srv") == before


def test_a_kernel_without_cifs_is_told_before_anything(inv: Inv, bare: Machine) -> None:
    # As after an update of the kernel that nobody has rebooted into.
    bare.root("mv /lib/modules /lib/modules.gone; rm -rf /var/cache/apt/archives/*")
    assert "has no cifs module" in inv.fails("mounts", **SHARES)
    assert bare.root("ls -A /mnt") == ""


def test_a_password_of_every_kind_is_written_as_mount_cifs_reads_it(
    inv: Inv, mounted: Machine, files: FileServer
) -> None:
    for password in (' a,b "c" %d#', "it's=\\ü$HOME `id` ;", "日本 "):
        files.set_password(password)
        wanted = {
            **LOGIN,
            "SMB_PASSWORD": password,
            "SMB_DOMAIN": "LAB",
            "MOUNT_DATA": share("data", "ro"),
        }
        assert "yes" in inv.ok("mounts", **wanted).output
    assert "domain=LAB" in mounted.root("findmnt -n -t cifs -o OPTIONS")
