"""Who exists on the host, and as whom their lab runs."""

import os
from pathlib import Path

import pytest
from labhub.accounts import Account, AccountError, Group, find_account, has_account, home_owner

from tests.hub.conftest import MakeHome

PASSWD = """root:x:0:0:root:/root:/bin/bash
jupyter-alice:x:1001:1001:Alice:/home/jupyter-alice:/usr/sbin/nologin
jupyter-anna-lena:x:1002:1002::/home/jupyter-anna-lena:/bin/sh
jupyter-daemon2:x:999:999::/home/jupyter-daemon2:/bin/sh
jupyter-wheel:x:1003:0::/home/jupyter-wheel:/bin/sh
+nis:line
"""
GROUP = """root:x:0:jupyter-alice
users:x:100:jupyter-alice,jupyter-anna-lena
jupyter-alice:x:1001:
leem:x:2000:bob,jupyter-alice
near:x:2001:jupyter-alice2
"""


def test_an_account_has_its_numbers_and_its_groups() -> None:
    groups = (Group("jupyter-alice", 1001), Group("users", 100), Group("leem", 2000))
    expected = Account("jupyter-alice", 1001, groups, "/home/jupyter-alice")
    assert find_account("alice", 1001, PASSWD, GROUP) == expected


def test_root_s_group_is_never_given_to_a_lab() -> None:
    assert 0 not in {group.gid for group in find_account("alice", 1001, PASSWD, GROUP).groups}


def test_trap_13_a_name_with_a_hyphen_is_one_name() -> None:
    assert find_account("anna-lena", 1002, PASSWD, GROUP).uid == 1002


def test_an_own_group_without_a_line_is_named_like_the_account() -> None:
    assert find_account("anna-lena", 1002, PASSWD, "").groups == (Group("jupyter-anna-lena", 1002),)


@pytest.mark.parametrize(
    ("name", "owner", "says"),
    [
        ("alice", None, "no account"),
        ("../x", 1001, "no account"),
        ("alice", 1002, "belongs to uid 1002"),
        ("ghost", 1001, "a home but no account"),
        ("daemon2", 999, "one of the system's"),
        ("wheel", 1003, "one of the system's"),
    ],
)
def test_a_doubtful_account_has_no_lab(name: str, owner: int | None, says: str) -> None:
    with pytest.raises(AccountError, match=says):
        find_account(name, owner, PASSWD, GROUP)


def test_trap_4_whose_home_exists_may_log_in_at_once(tmp_path: Path, make_home: MakeHome) -> None:
    assert not has_account("alice", tmp_path)
    make_home("alice")
    assert has_account("alice", tmp_path)


def test_whose_home_is_gone_may_not_log_in_any_more(tmp_path: Path, make_home: MakeHome) -> None:
    make_home("alice").rmdir()
    assert not has_account("alice", tmp_path)


def test_a_home_that_is_a_link_or_a_file_is_none(tmp_path: Path, make_home: MakeHome) -> None:
    home = make_home("alice")
    (home.parent / "jupyter-eve").symlink_to(home)
    (home.parent / "jupyter-file").write_text("")
    assert home_owner("eve", tmp_path) is None
    assert home_owner("file", tmp_path) is None


def test_a_home_of_the_system_is_no_account(tmp_path: Path, make_home: MakeHome) -> None:
    home = make_home("alice")
    if os.geteuid() == 0:
        os.chown(home, 0, 0)
        assert not has_account("alice", tmp_path)
        os.chown(home, 65534, 65534)
        assert not has_account("alice", tmp_path)
    assert not has_account("alice", Path("/proc/1"))


def test_a_folder_that_only_ends_like_a_home_yields_no_user(
    tmp_path: Path, make_home: MakeHome
) -> None:
    home = make_home("x")
    home.rename(home.parent / "old-jupyter-x")
    assert not has_account("x", tmp_path)
