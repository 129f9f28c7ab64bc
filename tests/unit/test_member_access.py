from dataclasses import replace

import pytest

from ops.errors import OperationError
from ops.members.access import admit, disable_members, enable_members, publish
from ops.remote.command import Upload
from tests.unit.members import DISABLED, RECORD, REMOVED, RIGHT, commands, sentences


def test_who_is_disabled_has_no_account_no_login_and_no_lab() -> None:
    changes = list(disable_members(["alice"], RIGHT))
    assert sentences(changes) == [
        "Let jupyter-alice be used no more",
        "Tell the hub who is disabled",
        "Stop the lab of alice",
    ]
    assert commands(changes)[0] == "usermod --expiredate 1 -- jupyter-alice"
    (upload,) = changes[1].steps
    assert isinstance(upload, Upload) and upload.content == '["alice"]\n'
    assert upload.path == "/etc/labhub/hub/disabled.json" and upload.mode == "0644"


def test_a_lab_that_is_only_starting_is_stopped_too() -> None:
    assert "Stop the lab of bob" in sentences(list(disable_members(["bob"], RIGHT)))


def test_twice_is_once() -> None:
    assert list(disable_members(["alice"], DISABLED)) == []
    assert list(enable_members(["alice"], RIGHT)) == []


@pytest.mark.parametrize(
    "damaged",
    [
        *("", "644 root:root", "644 root:root\n["),
        *('644 root:root\n["bob"]', '600 root:root\n["alice"]', '644 alice:root\n["alice"]'),
    ],
)
def test_the_hub_s_list_follows_the_accounts(damaged: str) -> None:
    facts = replace(DISABLED, disabled=damaged)
    assert sentences(list(disable_members(["alice"], facts))) == ["Tell the hub who is disabled"]


def test_where_nobody_was_ever_disabled_there_is_no_list() -> None:
    assert list(publish([], RIGHT)) == []
    assert list(publish([], replace(RIGHT, disabled="644 root:root\n[]"))) == []


def test_others_stay_disabled() -> None:
    changes = list(disable_members(["bob"], DISABLED))
    assert [step.content for step in changes[1].steps if isinstance(step, Upload)] == [
        '["alice", "bob"]\n'
    ]
    assert list(admit(["bob"], DISABLED)) == []


def test_who_is_enabled_is_as_before() -> None:
    changes = list(enable_members(["alice"], DISABLED))
    assert sentences(changes) == [
        "Let jupyter-alice be used again",
        "Tell the hub who is disabled",
    ]
    assert commands(changes)[0] == "usermod --expiredate '' -- jupyter-alice"


def test_a_removal_that_was_broken_off_is_taken_back() -> None:
    half = replace(DISABLED, records={"alice": RECORD}, archives={"alice.tar.gz": 1})
    expected = "Delete the record of alice, and the archive where it is the home"
    assert sentences(list(enable_members(["alice"], half)))[-1] == expected
    assert sentences(list(enable_members(["alice"], replace(half, records={}))))[-1] == expected


def test_every_name_that_is_no_member_is_told_at_once() -> None:
    with pytest.raises(OperationError) as caught:
        list(disable_members(["ghost", "alice", "phantom"], RIGHT))
    assert "ghost is no member" in str(caught.value)
    assert "phantom is no member" in str(caught.value)
    assert "alice" not in str(caught.value)


def test_who_was_removed_is_not_enabled_but_restored() -> None:
    with pytest.raises(OperationError, match="inv restore-user --name alice"):
        list(enable_members(["alice"], REMOVED))
    assert list(disable_members(["alice"], REMOVED)) == []
