import json
from dataclasses import replace

import pytest

from ops.errors import OperationError
from ops.members.account_facts import Group
from ops.members.facts import Members
from ops.members.removal import remove_members
from ops.members.restore import restore_members
from ops.remote.command import Change, Upload
from tests.unit.members import (
    DISABLED,
    GONE,
    RECORD,
    REMOVED,
    RIGHT,
    commands,
    sentences,
)

DAY = "2026-11-23"


def remove(facts: Members, *names: str) -> list[Change]:
    return list(remove_members(names or ("alice",), DAY, facts))


def restore(facts: Members, *names: str) -> list[Change]:
    return list(restore_members(names or ("alice",), facts))


def without_account(facts: Members) -> Members:
    """Alice's home is gone, her account not yet marked."""
    account = replace(GONE, comment="", shell="/bin/bash")
    groups = RIGHT.accounts.groups
    accounts = {**facts.accounts.accounts, "jupyter-alice": account}
    return replace(facts, accounts=replace(facts.accounts, accounts=accounts, groups=groups))


def test_nothing_is_deleted_before_its_archive_is_compared_and_all_else_has_ended() -> None:
    changes = remove(RIGHT)
    assert sentences(changes) == [
        "Let jupyter-alice be used no more",
        "Tell the hub who is disabled",
        "Stop the lab of alice",
        "Revoke the login and the tokens of alice",
        "Pack /home/jupyter-alice into /var/lib/labhub/removed/alice.tar.gz, and compare the two",
        "Write down what alice was, in /var/lib/labhub/removed/alice.json",
        "Delete /home/jupyter-alice, of which there is an archive",
        "Keep jupyter-alice and its number for nobody else, and take it out of all groups",
    ]
    assert "usermod --lock --shell /usr/sbin/nologin" in commands(changes)[-1]
    assert "--groups '' -- jupyter-alice" in commands(changes)[-1]
    assert not [command for command in commands(changes) if "userdel" in command]


def test_what_a_member_was_is_written_down_for_the_operator_alone() -> None:
    (upload,) = [s for c in remove(RIGHT) for s in c.steps if isinstance(s, Upload)][1:]
    assert upload.mode == "0600"
    assert json.loads(str(upload.content)) == {
        "name": "alice",
        "uid": 1001,
        "groups": ["leem", "users"],
        "shell": "/bin/bash",
        "comment": "",
        "removed": DAY,
        "has_home": True,
    }


def test_twice_is_once() -> None:
    assert remove(REMOVED) == []
    assert restore(RIGHT) == []


def test_a_home_of_which_there_is_an_archive_is_compared_again_before_it_is_deleted() -> None:
    half = replace(DISABLED, records={"alice": RECORD}, archives={"alice.tar.gz": 1}, hub={})
    assert [sentence.split()[0] for sentence in sentences(remove(half))] == [
        "Pack",
        "Delete",
        "Keep",
    ]


def test_what_was_broken_off_after_the_deletion_keeps_its_record() -> None:
    half = without_account(REMOVED)
    assert sentences(remove(half)) == [
        "Keep jupyter-alice and its number for nobody else, and take it out of all groups"
    ]
    left = replace(half, left=frozenset({".jupyter-alice.removed"}))
    assert sentences(remove(left))[0].startswith("Delete /home/jupyter-alice")


def test_a_mark_without_its_end_is_finished() -> None:
    groups = {**REMOVED.accounts.groups, "leem": Group(2000, frozenset({"jupyter-alice"}))}
    facts = replace(REMOVED, accounts=replace(REMOVED.accounts, groups=groups))
    assert sentences(remove(facts)) == [
        "Keep jupyter-alice and its number for nobody else, and take it out of all groups"
    ]


def test_who_has_no_home_is_removed_without_an_archive() -> None:
    facts = replace(RIGHT, accounts=replace(RIGHT.accounts, homes={}), labs={}, hub={})
    changes = remove(facts)
    assert not [sentence for sentence in sentences(changes) if sentence.startswith("Pack")]
    (upload,) = [s for c in changes for s in c.steps if isinstance(s, Upload)][1:]
    assert json.loads(str(upload.content))["has_home"] is False


def test_a_home_that_stands_where_one_was_removed_is_nobody_s_to_delete() -> None:
    facts = replace(REMOVED, accounts=replace(REMOVED.accounts, homes=RIGHT.accounts.homes))
    with pytest.raises(OperationError, match="there again"):
        remove(facts)


def test_without_the_hub_nothing_is_removed() -> None:
    with pytest.raises(OperationError, match="inv deploy"):
        remove(replace(RIGHT, hub=None))


def test_who_comes_back_has_home_groups_and_number() -> None:
    changes = restore(REMOVED)
    assert sentences(changes) == [
        "Unpack /var/lib/labhub/removed/alice.tar.gz to /home/jupyter-alice, and compare the two",
        "Give jupyter-alice its shell and its groups again: leem, users",
        "Let jupyter-alice be used again",
        "Tell the hub who is disabled",
        "Delete the record of alice, and the archive where it is the home",
    ]
    assert (
        "usermod --shell /bin/bash --comment '' --append --groups leem,users -- jupyter-alice"
        in commands(changes)
    )


def test_a_group_that_is_gone_by_then_is_made_again() -> None:
    groups = {name: it for name, it in REMOVED.accounts.groups.items() if name != "leem"}
    facts = replace(REMOVED, accounts=replace(REMOVED.accounts, groups=groups))
    assert sentences(restore(facts))[0] == "Create the group leem"


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        (replace(REMOVED, archives={}), "alice.tar.gz is missing"),
        (replace(REMOVED, records={}), "alice.json is missing"),
        (DISABLED, "disabled, not removed: inv enable-user --name alice"),
    ],
)
def test_what_cannot_be_brought_back_is_told_before_anything_is_changed(
    facts: Members, says: str
) -> None:
    with pytest.raises(OperationError, match=says):
        restore(facts)


def test_a_return_that_was_broken_off_is_finished() -> None:
    back = replace(REMOVED, accounts=replace(REMOVED.accounts, homes=RIGHT.accounts.homes))
    assert sentences(restore(back))[0].startswith("Give jupyter-alice its shell")
    right = replace(RIGHT, records={"alice": RECORD})
    assert sentences(restore(right)) == [
        "Delete the record of alice, and the archive where it is the home"
    ]
