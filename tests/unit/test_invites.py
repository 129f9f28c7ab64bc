import json
from dataclasses import replace

import pytest

from ops.errors import OperationError
from ops.members.facts import Known
from ops.members.invites import given, invite_members, invite_new_members, make_invites
from ops.remote.command import Command, Secret
from tests.unit.members import RIGHT, commands, sentences


def test_passwords_are_long_legible_and_never_the_same() -> None:
    invites = make_invites([f"student{number}" for number in range(200)])
    words = {invite.password.value for invite in invites.values()}
    assert len(words) == 200
    assert all(len(word) == 14 and not set(word) & set("l1o0") for word in words)
    assert len({invite.number for invite in invites.values()}) == 200


def test_a_password_travels_as_standard_input_and_is_shown_nowhere() -> None:
    invites = make_invites(["bob"])
    (change,) = invite_new_members(invites, RIGHT)
    (step,) = change.steps
    assert isinstance(step, Command) and isinstance(step.stdin, Secret)
    sent = json.loads(step.stdin.value)
    assert sent == {
        "bob": {"password": invites["bob"].password.value, "invite": invites["bob"].number}
    }
    assert sent["bob"]["password"] not in f"{change!r}{commands([change])}{invites!r}"


def test_who_has_a_password_is_invited_only_when_that_is_asked_for() -> None:
    invites = make_invites(["alice", "bob"])
    assert sentences(list(invite_new_members(invites, RIGHT))) == [
        "Give a one-time password to bob"
    ]
    assert sentences(list(invite_members(invites, RIGHT))) == [
        "Give a one-time password to alice, bob"
    ]


def test_what_the_hub_has_taken_is_given_and_not_given_again() -> None:
    invites = make_invites(["alice", "bob"])
    known = Known(has_password=True, invite=invites["alice"].number)
    facts = replace(RIGHT, hub={"alice": known, "bob": Known(has_password=True, invite="beef")})
    assert list(given(invites, facts)) == ["alice"]
    assert sentences(list(invite_members(invites, facts))) == ["Give a one-time password to bob"]


def test_without_the_hub_nobody_is_invited() -> None:
    with pytest.raises(OperationError, match="inv deploy"):
        list(invite_new_members(make_invites(["bob"]), replace(RIGHT, hub=None)))
