"""Who may log in, with the real FirstUseAuthenticator and its password file."""

import asyncio
import dbm
import json
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import bcrypt
import pytest
from jupyterhub.handlers import LoginHandler
from labhub.auth import DISABLED, UNKNOWN, LabAuthenticator
from labhub.errors import SpawnError
from labhub.login import LabLoginHandler
from labhub.throttle import Key, keys_of

from tests.hub.conftest import MakeHome

PASSWORD = "first password"


@pytest.fixture(autouse=True)
def few_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the real bcrypt take a millisecond instead of a quarter of a second."""
    salt = bcrypt.gensalt
    monkeypatch.setattr(bcrypt, "gensalt", lambda rounds=4: salt(rounds))


@pytest.fixture
def authenticator(tmp_path: Path) -> LabAuthenticator:
    return LabAuthenticator(
        dbm_path=str(tmp_path / "passwords.dbm"),
        host_root=str(tmp_path),
        files=str(tmp_path),
        min_password_length=8,
        lab_admins={"boss"},
    )


class Page:
    """What the authenticator asks of the login page."""

    custom_login_error = ""
    seconds = 0

    def throttle_keys(self, name: str) -> tuple[Key, ...]:
        return keys_of(name, "192.0.2.1", is_known=False)

    def refuse_for(self, seconds: int) -> None:
        self.seconds = seconds


def login(
    authenticator: LabAuthenticator, name: str, password: str, page: Page | None = None
) -> tuple[Any, str]:
    """Log in by the hub's own entrance and return its answer and what the page would say."""
    handler = page or Page()
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
    assert "at most 72 bytes" in str(authenticator.password_problem(password))


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
    says = "Invalid username or password. A new password needs at least 8 characters."
    assert answers == {(None, says)}


def test_a_password_from_before_a_longer_minimum_still_counts(
    authenticator: LabAuthenticator, make_home: MakeHome
) -> None:
    make_home("alice")
    with dbm.open(authenticator.dbm_path, "c") as passwords:
        passwords["alice"] = bcrypt.hashpw(b"short", bcrypt.gensalt())
    assert login(authenticator, "alice", "short")[0]
    assert not login(authenticator, "alice", "shorx")[0]


def test_a_form_without_fields_is_refused(authenticator: LabAuthenticator) -> None:
    assert asyncio.run(authenticator.get_authenticated_user(Page(), {})) is None


def test_a_changed_password_replaces_the_old_one(
    authenticator: LabAuthenticator, make_home: MakeHome
) -> None:
    make_home("alice")
    login(authenticator, "alice", PASSWORD)
    asyncio.run(authenticator.change_password("alice", "second password"))
    assert login(authenticator, "alice", "second password")[0]
    assert not login(authenticator, "alice", PASSWORD)[0]


def test_a_user_whom_the_hub_forgets_has_no_password_any_more(
    authenticator: LabAuthenticator, make_home: MakeHome
) -> None:
    make_home("alice")
    login(authenticator, "alice", PASSWORD)
    authenticator.delete_user(SimpleNamespace(name="alice"))
    authenticator.delete_user(SimpleNamespace(name="alice"))
    assert stored(authenticator) == []


def test_a_one_time_password_opens_nothing_but_its_change(
    authenticator: LabAuthenticator, make_home: MakeHome
) -> None:
    make_home("alice")
    asyncio.run(authenticator.change_password("alice", "once", "a1b2"))
    assert login(authenticator, "alice", "once")[0], "shorter than what members may choose"
    assert not login(authenticator, "alice", PASSWORD)[0], "and not the first one to be typed"
    assert authenticator.must_change("alice")
    with pytest.raises(SpawnError, match="one-time"):
        authenticator.pre_spawn_start(SimpleNamespace(name="alice"), None)
    asyncio.run(authenticator.change_password("alice", PASSWORD))
    assert not authenticator.must_change("alice")
    authenticator.pre_spawn_start(SimpleNamespace(name="alice"), None)


def disable(tmp_path: Path, *names: str) -> None:
    (tmp_path / "disabled.json").write_text(json.dumps(names))


def test_who_is_disabled_hears_so_with_the_right_password_alone(
    authenticator: LabAuthenticator, make_home: MakeHome, tmp_path: Path
) -> None:
    for name in ("alice", "bob", "fresh"):
        make_home(name)
    login(authenticator, "alice", PASSWORD)
    login(authenticator, "bob", PASSWORD)
    disable(tmp_path, "alice", "fresh")
    assert login(authenticator, "alice", PASSWORD) == (None, DISABLED)
    assert login(authenticator, "alice", "another one") == (None, "")
    assert login(authenticator, "fresh", PASSWORD) == (None, ""), "no first password either"
    assert login(authenticator, "bob", PASSWORD)[0]
    assert refresh(authenticator, "alice", admin=False) is False
    with pytest.raises(SpawnError, match="disabled"):
        authenticator.pre_spawn_start(SimpleNamespace(name="alice"), None)
    disable(tmp_path)
    assert login(authenticator, "alice", PASSWORD)[0]
    assert login(authenticator, "fresh", PASSWORD)[0]


@pytest.mark.parametrize("damaged", ["", "[", '{"alice": 1}', "[1]", "null", "\udcff", None])
def test_a_damaged_list_lets_nobody_in_and_a_right_one_all_others(
    authenticator: LabAuthenticator, make_home: MakeHome, tmp_path: Path, damaged: str | None
) -> None:
    for name in ("alice", "bob"):
        make_home(name)
        login(authenticator, name, PASSWORD)
    disable(tmp_path, "alice")
    assert login(authenticator, "bob", PASSWORD)[0]
    if damaged is None:
        (tmp_path / "disabled.json").unlink()
    else:
        (tmp_path / "disabled.json").write_text(damaged, errors="surrogateescape")
    for name in ("alice", "bob"):
        assert login(authenticator, name, PASSWORD) == (None, UNKNOWN)
        assert login(authenticator, name, "another one") == (None, "")
        assert refresh(authenticator, name, admin=False) is False
    disable(tmp_path, "alice")
    assert login(authenticator, "bob", PASSWORD)[0]
    assert login(authenticator, "alice", PASSWORD) == (None, DISABLED)


def test_a_name_is_slowed_down_whether_it_exists_or_not(
    authenticator: LabAuthenticator, make_home: MakeHome
) -> None:
    make_home("alice")
    login(authenticator, "alice", PASSWORD)
    for name in ("alice", "ghost"):
        for _ in range(5):
            assert login(authenticator, name, "a wrong one") == (None, "")
        page = Page()
        assert login(authenticator, name, PASSWORD, page)[0] is None
        assert 0 < page.seconds <= 30
    authenticator.throttle.clear("alice")
    for _ in range(20):
        assert login(authenticator, "alice", PASSWORD)[0], "what is right is never slowed down"


def test_a_wrong_password_takes_as_long_as_an_unknown_name(
    authenticator: LabAuthenticator, make_home: MakeHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    salt = bcrypt.gensalt(8)
    monkeypatch.setattr(bcrypt, "gensalt", lambda: salt)
    for name in ("alice", "disabled", "gone"):
        make_home(name)
        asyncio.run(authenticator.change_password(name, PASSWORD))
    authenticator._nobody = bcrypt.hashpw(b"", salt)
    make_home("fresh")
    (Path(authenticator.files) / "disabled.json").write_text('["disabled"]')
    (Path(authenticator.host_root) / "home/jupyter-gone").rmdir()

    def seconds(name: str, password: str) -> float:
        authenticator.throttle.clear(name)
        # The processor's time of all threads: what else this machine does is none of it.
        began = time.process_time()
        assert login(authenticator, name, password)[0] is None
        return time.process_time() - began

    tries = {
        "wrong": ("alice", "a wrong one"),
        "unknown": ("ghost", "a wrong one"),
        "disabled": ("disabled", "a wrong one"),
        "gone": ("gone", PASSWORD),
        "short": ("fresh", "short"),
    }
    took = {what: min(seconds(*one) for _ in range(7)) for what, one in tries.items()}
    assert max(took.values()) < 2 * min(took.values()), took


def test_the_hub_goes_on_while_a_password_is_hashed(
    authenticator: LabAuthenticator, monkeypatch: pytest.MonkeyPatch
) -> None:
    other_work_done = threading.Event()
    waited = []
    monkeypatch.setattr("labhub.auth.is_right", lambda *_: waited.append(other_work_done.wait(10)))

    async def both() -> None:
        asked = asyncio.create_task(authenticator.authenticate(Page(), {"username": "x"}))
        await asyncio.sleep(0)
        other_work_done.set()
        await asked

    asyncio.run(both())
    assert waited == [True]


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
