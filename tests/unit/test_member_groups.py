import pytest

from ops.errors import OperationError, UsageError
from ops.members.groups import change_groups, labs_without, read_groups
from ops.remote.command import Change
from tests.unit.members import REMOVED, RIGHT, commands, sentences


def change(add: str = "", remove: str = "", *names: str) -> list[Change]:
    return list(change_groups(names or ("alice",), *read_groups(add, remove), RIGHT))


def test_groups_are_added_and_missing_ones_created() -> None:
    changes = change("xps, leem", "", "alice", "bob")
    assert sentences(changes) == [
        "Create the group xps",
        "Add jupyter-alice to xps",
        "Add jupyter-bob to leem, xps",
    ]


def test_a_lab_with_the_group_s_files_does_not_outlive_the_membership() -> None:
    changes = change("", "leem", "alice", "bob")
    assert sentences(changes) == ["Take jupyter-alice out of leem", "Stop the lab of alice"]
    assert commands(changes)[0] == "gpasswd --delete jupyter-alice leem"


def test_twice_is_once_and_an_unknown_group_has_no_members() -> None:
    assert change("leem", "nowhere") == []


def test_a_running_lab_gets_new_groups_with_its_next_start() -> None:
    assert labs_without(["alice", "bob"], ["leem"], RIGHT) == []
    assert labs_without(["alice", "bob"], ["jupyter-bob"], RIGHT) == ["alice"]


def test_every_mistake_is_told_at_once() -> None:
    with pytest.raises(UsageError) as caught:
        read_groups("docker,a b,xps", "users,xps")
    said = str(caught.value)
    assert all(word in said for word in ("'docker'", "'a b'", "disable-user", "'xps'"))
    with pytest.raises(UsageError, match="which groups"):
        read_groups("", " , ")
    assert read_groups("", "sudo") == ((), ("sudo",)), "what gives rights can be taken away"


def test_who_was_removed_has_no_groups() -> None:
    with pytest.raises(OperationError, match="restore-user"):
        list(change_groups(["alice"], ["xps"], [], REMOVED))
