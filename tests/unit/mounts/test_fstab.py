import subprocess
from pathlib import Path

import pytest

from ops.errors import OperationError
from ops.mounts import fstab
from ops.mounts.fstab import BEGIN, END, Fstab, foreign_lines, render_line
from ops.plan.files import read_script
from ops.settings.config import parse as parse_env
from ops.settings.shares import Mount
from sandbox.patience import SILENCE

VERIFY = read_script("ops.mounts", "verify.sh")

DEBIAN = b"# /etc/fstab\nUUID=1 / ext4 errors=remount-ro 0 1\n"


def mount(line: str, name: str = "data") -> Mount:
    env = f"LAB_HOST=x\nSMB_USER=u\nSMB_PASSWORD=p\nMOUNT_{name.upper()}={line}"
    return parse_env(env, ".env", {}).mounts[0]


def test_the_lines_of_the_lab_are_those_of_the_example_made_safe_at_boot() -> None:
    assert render_line(mount("//192.168.2.99/data ro")) == (
        "//192.168.2.99/data /srv/labhub/data/share cifs "
        "credentials=/etc/labhub/credentials/data,ro,mfsymlinks,soft,echo_interval=10,_netdev,"
        "nofail,x-systemd.automount,x-systemd.idle-timeout=60,x-systemd.mount-timeout=15 0 0"
    )
    analysis = render_line(mount("//192.168.2.99/analysis rw", "analysis"))
    assert ",rw,uid=1000,gid=100,file_mode=0664,dir_mode=0775,mfsymlinks," in analysis


def test_a_group_s_share_is_closed_to_others() -> None:
    line = render_line(mount("//nas/my leem rw group=leem vers=2.1 options=port=4450,nobrl"))
    assert line.startswith("//nas/my\\040leem ")
    assert ",rw,uid=0,gid=leem,file_mode=0660,dir_mode=0770," in line
    assert ",vers=2.1,port=4450,nobrl,_netdev," in line


@pytest.mark.parametrize(
    "foreign",
    [DEBIAN, b"", DEBIAN.rstrip(), b"\xff\xfe not text\n" + DEBIAN, DEBIAN + b"broken\n\n\n"],
)
def test_every_other_byte_stays_as_it_is(foreign: bytes) -> None:
    empty = fstab.parse(foreign)
    assert empty == Fstab(b"", {}, foreign)
    with_two = fstab.render(empty, [render_line(mount("//nas/a ro")), "//nas/b /b cifs ro 0 0"])
    again = fstab.parse(with_two)
    assert again.foreign == foreign and list(again.lines) == ["/srv/labhub/data/share", "/b"]
    assert fstab.render(again, again.lines.values()) == with_two
    assert fstab.render(again, []) == foreign


def test_a_block_that_was_moved_stays_where_it_is() -> None:
    moved = DEBIAN + (BEGIN + "//nas/a /a cifs ro 0 0\n" + END).encode() + b"tmpfs /x tmpfs\n"
    found = fstab.parse(moved)
    assert (found.before, found.after) == (DEBIAN, b"tmpfs /x tmpfs\n")
    assert fstab.render(found, found.lines.values()) == moved


@pytest.mark.parametrize(
    "text",
    [BEGIN, END, END + BEGIN, BEGIN + END + BEGIN + END, BEGIN + BEGIN + END, "x" + BEGIN + END],
)
def test_edited_marks_are_left_to_their_editor(text: str) -> None:
    with pytest.raises(OperationError, match="marks around labhub's lines were edited"):
        fstab.parse(text.encode())


def test_foreign_lines_are_known_by_their_targets() -> None:
    text = b"# //nas/x /mnt/x cifs\n//nas/data  /mnt/data\tcifs ro 0 0\nbroken\n"
    assert list(foreign_lines(Fstab(b"", {}, text))) == [("//nas/data", "/mnt/data")]


FINDMNT = """\
#!/bin/bash
# As of util-linux 2.41: after a line that it cannot read it crashes, and has judged nothing.
line=$(grep -nx '[^ #][^ ]*' "$3" | head -n 1)
if [ -n "$line" ]; then
  echo "findmnt: $3: parse error at line ${line%%:*} -- ignored" >&2
  kill -SEGV $$
fi
echo is
echo '   [E] unreachable on boot required target: No such file or directory'
exit 1
"""


def test_lines_that_findmnt_cannot_read_hide_no_others_from_it(tmp_path: Path) -> None:
    (tmp_path / "findmnt").write_text(FINDMNT)
    (tmp_path / "findmnt").chmod(0o755)
    text = "tmpfs /x tmpfs\nonlyone\nthis is broken\n\nagain"
    (tmp_path / "fstab").write_text(text)
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", f'{VERIFY}verify "$1"', "-", str(tmp_path / "fstab")],
        env={"PATH": f"{tmp_path}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=SILENCE,
    )
    assert done.stdout.splitlines() == [
        "parse error at line 2",
        "parse error at line 5",
        "is",
        "   [E] unreachable on boot required target: No such file or directory",
    ]
    assert done.returncode == 0 and (tmp_path / "fstab").read_text() == text
