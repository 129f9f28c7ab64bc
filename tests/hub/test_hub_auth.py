"""Who may log in, with the real FirstUseAuthenticator and its password file."""

import asyncio
import dbm
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import bcrypt
import pytest
from jupyterhub.handlers import LoginHandler
from labhub.auth import CHANGED, LabAuthenticator, LabLoginHandler

from tests.hub.conftest import MakeHome

PASSWORD = "first password"


@pytest.fixture(autouse=True)
def few_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the real bcrypt take a millisecond instead of a quarter of a second."""
    salt = bcrypt.gensalt
    monkeypatch.setattr(bcrypt, "gensalt", lambda: salt(4))


@pytest.fixture
def authenticator(tmp_path: Path) -> LabAuthenticator:
    return LabAuthenticator(
        dbm_path=str(tmp_path / "passwords.dbm"),
        host_root=str(tmp_path),
        min_password_length=8,
        lab_admins={"boss"},
    )


def login(authenticator: LabAuthenticator, name: str, password: str) -> tuple[Any, str]:
    """Log in by the hub's own entrance and return its answer and what the page would say."""
    handler = SimpleNamespace(custom_login_error="")
    data = {"username": name, "password": password}
    answer = asyncio.run(authenticator.get_authenticated_user(handler, data))
    return answer, handler.custom_login_error


def stored(authenticator: LabAuthenticator) -> list[object]:
    with dbm.open(authenticator.dbm_path, "c") as passwords:
        return list(passwords.keys())


def test_the_first_password_becomes_the_member_s(
    authenticator: LabAuthenticator, make_home: MakeHome
) -> None:
    make_home("alice")
    assert login(authenticator, "alice", PASSWORD)[0]["name"] == "alice"
    assert login(authenticator, "Alice", PASSWORD)[0]["name"] == "alice"
    assert login(authenticator, "alice", "another one") == (None, "")


@pytest.mark.parametrize("name", ["ghost", "admin", "boss", "root", "../x", "a b", ""])
def test_trap_1_a_name_without_account_cannot_be_squatted(
    authenticator: LabAuthenticator, name: str
) -> None:
    assert login(authenticator, name, PASSWORD) == (None, "")
    assert stored(authenticator) == []


def test_trap_2_nobody_is_let_in_while_there_are_no_users(authenticator: LabAuthenticator) -> None:
    assert authenticator.allow_all is False
    assert not authenticator.check_allowed("ghost")


def test_trap_3_a_new_account_logs_in_and_a_removed_one_does_not(
    authenticator: LabAuthenticator, make_home: MakeHome
) -> None:
    home = make_home("alice")
    assert authenticator.create_users
    assert not authenticator.allow_existing_users
    assert login(authenticator, "alice", PASSWORD)[0]
    home.rmdir()
    assert login(authenticator, "alice", PASSWORD) == (None, "")


def test_trap_5_a_stale_form_gets_the_login_page_again(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, object] = {}

    def render(_self: object, error: str, name: str, **more: object) -> None:
        seen.update(more, error=error, name=name)

    monkeypatch.setattr(LoginHandler, "_render", render)
    handler = LabLoginHandler.__new__(LabLoginHandler)
    handler._render(login_error="expired", username="alice", status_code=403, exception=None)
    assert seen == {"error": "expired", "name": "alice", "status_code": 403, "exception": None}


@pytest.mark.parametrize("password", ["x" * 73, "ä" * 37])
def test_trap_6_a_password_over_72_bytes_is_refused_with_a_sentence(
    authenticator: LabAuthenticator, make_home: MakeHome, password: str
) -> None:
    make_home("alice")
    answer, says = login(authenticator, "alice", password)
    assert answer is None
    assert "at most 72 bytes" in says
    assert stored(authenticator) == []
    assert "at most 72 bytes" in authenticator.reset_password("alice", password)


def test_72_bytes_are_possible(authenticator: LabAuthenticator, make_home: MakeHome) -> None:
    make_home("alice")
    assert login(authenticator, "alice", "ä" * 36)[0]


def test_a_short_password_is_refused_alike_for_all_names(
    authenticator: LabAuthenticator, make_home: MakeHome
) -> None:
    make_home("alice")
    make_home("bob")
    assert login(authenticator, "alice", PASSWORD)[0]
    answers = {login(authenticator, name, "short") for name in ("alice", "bob", "ghost")}
    assert answers == {(None, "Choose a password of at least 8 characters.")}


def test_a_password_from_before_a_longer_minimum_still_counts(
    authenticator: LabAuthenticator, make_home: MakeHome
) -> None:
    make_home("alice")
    with dbm.open(authenticator.dbm_path, "c") as passwords:
        passwords["alice"] = bcrypt.hashpw(b"short", bcrypt.gensalt())
    assert login(authenticator, "alice", "short")[0]
    assert not login(authenticator, "alice", "shorx")[0]


def test_a_form_without_fields_is_refused(authenticator: LabAuthenticator) -> None:
    handler = SimpleNamespace(custom_login_error="")
    assert asyncio.run(authenticator.get_authenticated_user(handler, {})) is None


def test_a_changed_password_replaces_the_old_one(
    authenticator: LabAuthenticator, make_home: MakeHome
) -> None:
    make_home("alice")
    login(authenticator, "alice", PASSWORD)
    assert "at least 8" in authenticator.reset_password("alice", "short")
    assert authenticator.reset_password("alice", "second password") == CHANGED
    assert login(authenticator, "alice", "second password")[0]
    assert not login(authenticator, "alice", PASSWORD)[0]


def test_a_removed_member_cannot_change_a_password(authenticator: LabAuthenticator) -> None:
    assert "does not exist" in authenticator.reset_password("ghost", PASSWORD)
    assert stored(authenticator) == []


def test_admins_are_those_named_and_nobody_else(
    authenticator: LabAuthenticator, make_home: MakeHome
) -> None:
    for name in ("boss", "admin"):
        make_home(name)
    assert login(authenticator, "boss", PASSWORD)[0]["admin"] is True
    assert login(authenticator, "admin", PASSWORD)[0]["admin"] is False


def refresh(authenticator: LabAuthenticator, name: str, admin: bool) -> Any:
    user = SimpleNamespace(name=name, admin=admin)
    return asyncio.run(authenticator.refresh_user(user, SimpleNamespace()))


def test_a_session_ends_with_its_account_and_follows_the_list_of_admins(
    authenticator: LabAuthenticator, make_home: MakeHome
) -> None:
    home = make_home("boss")
    assert refresh(authenticator, "boss", admin=True) is True
    assert refresh(authenticator, "boss", admin=False) == {"name": "boss", "admin": True}
    home.rmdir()
    assert refresh(authenticator, "boss", admin=True) is False
