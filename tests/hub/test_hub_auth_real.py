"""Accounts at a real JupyterHub: one-time passwords, changes, disabled members, the operator."""

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from tests.hub_client import CHANGE_PASSWORD, HubClient, LoginError, alert_in
from tests.hub_here import Hub, running_hub

PASSWORD = "electrons-2026"
OTHER = "positrons-2027"


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    with running_hub(tmp_path_factory.mktemp("hub")) as running:
        yield running


def test_a_one_time_password_leads_to_its_change_and_nowhere_else(hub: Hub) -> None:
    hub.add("olga")
    hub.invite("olga", "once-9")
    with pytest.raises(LoginError):
        hub.browser("olga", PASSWORD)
    olga = hub.browser("olga", "once-9")
    for path in ("/hub/home", "/hub/spawn", "/hub/token", "/user/olga/lab"):
        assert urlsplit(olga.get(path).url).path == CHANGE_PASSWORD, path
    assert olga.api("POST", "/users/olga/server", {}).status_code == 403
    assert olga.api("GET", "/users/olga").status_code == 403
    form = olga.post("/hub/spawn?_xsrf=x", {"image": "x"})
    assert form.url.endswith(CHANGE_PASSWORD)
    form = olga.get("/hub/token")
    assert "Choose your own password" in form.text
    assert olga.change_password("once-9", PASSWORD, page=form).url.endswith("/hub/token")
    assert olga.get("/hub/home").url.endswith("/hub/home")
    hub.start_lab(olga)
    with pytest.raises(LoginError):
        hub.browser("olga", "once-9")
    assert hub.browser("olga", PASSWORD).is_logged_in()


def test_who_has_a_one_time_password_can_log_out_and_another_in(hub: Hub) -> None:
    hub.add("otto", "paul")
    hub.invite("otto", "once-9")
    browser = hub.browser("otto", "once-9")
    assert urlsplit(browser.get("/hub/login").url).path == CHANGE_PASSWORD
    assert browser.get("/hub/logout").url.endswith("/hub/login")
    browser.login("paul", PASSWORD)
    assert browser.api("GET", "/users/paul").json()["name"] == "paul"


def test_the_old_password_is_asked_for_and_the_new_one_has_rules(hub: Hub) -> None:
    hub.add("quentin")
    browser = hub.browser("quentin", PASSWORD)
    for old, new, again, says in (
        ("a wrong one", OTHER, "", "not your password"),
        ("", OTHER, "", "not your password"),
        (PASSWORD, "short", "", "at least 8"),
        (PASSWORD, "ü" * 37, "", "at most 72"),
        (PASSWORD, PASSWORD, "", "choose another"),
        (PASSWORD, OTHER, "positrons-2028", "in two ways"),
    ):
        answer = browser.change_password(old, new, again)
        assert answer.status_code == 400
        assert says in str(alert_in(answer.text))
    answer = browser.change_password(PASSWORD, OTHER)
    assert answer.status_code == 200 and "is changed" in answer.text
    with pytest.raises(LoginError):
        hub.browser("quentin", PASSWORD)


def test_a_change_ends_the_other_sessions_and_no_lab(hub: Hub) -> None:
    hub.add("rosa")
    here, elsewhere = hub.browser("rosa", PASSWORD), hub.browser("rosa", PASSWORD)
    hub.start_lab(here)
    assert here.change_password(PASSWORD, OTHER).status_code == 200
    assert here.is_logged_in()
    assert not elsewhere.is_logged_in()
    assert here.is_running()
    assert here.change_password(OTHER, PASSWORD).status_code == 200, (
        "and once more, with the new cookies"
    )


def test_a_form_from_elsewhere_changes_nothing(hub: Hub) -> None:
    hub.add("sven")
    browser = hub.browser("sven", PASSWORD)
    fields = {"old": PASSWORD, "password": OTHER, "again": OTHER, "_xsrf": "forged"}
    assert browser.post(CHANGE_PASSWORD, fields).status_code == 403
    assert hub.browser().get(CHANGE_PASSWORD).url.startswith(f"{hub.url}/hub/login")
    hub.browser("sven", PASSWORD)


def test_guessing_is_slowed_down_and_the_usual_browser_is_not(hub: Hub) -> None:
    hub.add("tina")
    usual = hub.browser("tina", PASSWORD)
    for number in range(5):
        with pytest.raises(LoginError, match="Invalid username or password"):
            hub.browser("tina", f"guess number {number}")
    with pytest.raises(LoginError, match=r"Wait \d+ s"):
        hub.browser("tina", PASSWORD)
    usual.get("/hub/logout")
    usual.login("tina", PASSWORD)
    stranger = hub.browser()
    fields = {"username": "tina", "password": "x" * 9}
    fields["_xsrf"] = stranger._token_in(stranger.get("/hub/login").text)
    refused = stranger.post("/hub/login", fields)
    assert refused.status_code == 429 and 0 < int(refused.headers["Retry-After"]) <= 30


def test_a_disabled_member_is_out_at_the_next_click_and_in_again_at_once(hub: Hub) -> None:
    hub.add("vera")
    vera = hub.browser("vera", PASSWORD)
    token = vera.api("POST", "/users/vera/tokens", {}).json()["token"]
    with_token = {"Authorization": f"token {token}"}
    hub.start_lab(vera)
    try:
        hub.disable("vera")
        assert not vera.is_logged_in()
        with pytest.raises(LoginError, match="disabled"):
            hub.browser("vera", PASSWORD)
        answer = requests.get(f"{hub.url}/hub/api/user", headers=with_token, timeout=10)
        assert answer.status_code == 403
        assert hub.operate("stop", "vera") == {"stopped": ["vera"]}
        assert hub.operate("report")["vera"]["lab"] is None
    finally:
        hub.disable()
    assert hub.browser("vera", PASSWORD).is_logged_in()


def test_invited_again_the_old_sessions_and_tokens_end_and_the_lab_goes_on(hub: Hub) -> None:
    hub.add("walter")
    walter = hub.browser("walter", PASSWORD)
    token = walter.api("POST", "/users/walter/tokens", {}).json()["token"]
    with_token = {"Authorization": f"token {token}"}
    hub.start_lab(walter)
    hub.invite("walter", "once-9", "cafe")
    assert not walter.is_logged_in()
    answer = requests.get(f"{hub.url}/hub/api/user", headers=with_token, timeout=10)
    assert answer.status_code == 403
    report = hub.operate("report")["walter"]
    assert report["password"] == "once:cafe" and report["lab"]
    again = hub.browser("walter", "once-9")
    again.change_password("once-9", OTHER)
    assert again.is_running()
    assert hub.operate("report")["walter"]["password"] == "own"


def test_who_is_forgotten_is_a_stranger(hub: Hub) -> None:
    hub.add("xenia")
    xenia = hub.browser("xenia", PASSWORD)
    hub.start_lab(xenia)
    assert hub.operate("forget", "xenia", "nobody") == {"forgotten": ["xenia", "nobody"]}
    assert "xenia" not in hub.operate("report")
    assert not xenia.is_logged_in()
    assert xenia.get("/user/xenia/lab").url.startswith(f"{hub.url}/hub/login")
    assert hub.browser("xenia", OTHER).is_logged_in(), "the first password again"
    assert hub.operate("forget", "xenia") == hub.operate("forget", "xenia")


def test_the_report_tells_of_who_was_never_here(hub: Hub) -> None:
    hub.add("yves")
    hub.invite("yves", "once-9", "beef")
    assert hub.operate("report")["yves"] == {
        "last_activity": None,
        "password": "once:beef",
        "lab": None,
    }


def test_an_invite_may_come_before_its_account_and_opens_nothing_till_then(hub: Hub) -> None:
    hub.invite("zora", "once-9")
    with pytest.raises(LoginError):
        hub.browser("zora", "once-9")
    hub.add("zora")
    with pytest.raises(LoginError):
        hub.browser("zora", PASSWORD)
    hub.browser("zora", "once-9")


def test_what_cannot_be_an_invite_is_one_sentence_and_no_password_is_shown(hub: Hub) -> None:
    right = {"password": "once-9", "invite": "beef"}
    for given in ({"Ghost": right}, {"ghost": "once-9"}, {"ghost": right | {"invite": ""}}):
        done = hub.operating("invite", given=given)
        assert done.returncode == 1
        assert "refuses this (400)" in done.stderr and "Traceback" not in done.stderr
        assert "once-9" not in done.stderr
    assert "ghost" not in hub.operate("report")
    assert "no invites" in hub.operating("invite", given=["x"]).stderr
    assert "Say one of" in hub.operating("dance").stderr


def test_the_operator_s_token_opens_nothing_else_and_admins_have_no_part_in_it(
    hub: Hub,
) -> None:
    path = hub.folder / "operator_token"
    assert path.stat().st_mode & 0o777 == 0o600
    headers = {"Authorization": f"token {path.read_text()}"}
    for method, address in (
        ("POST", "/api/users/zoe"),
        ("POST", "/api/users/zoe/tokens"),
        ("POST", "/api/users/zoe/server"),
        ("GET", "/api/proxy"),
        ("POST", "/api/shutdown"),
    ):
        answer = requests.request(method, f"{hub.url}/hub{address}", headers=headers, timeout=10)
        assert answer.status_code in (403, 404), address
    hub.add("boss")
    boss = hub.browser("boss", PASSWORD)
    assert boss.api("GET", "/users").status_code == 200
    assert boss.api("GET", "/../auth/passwords").status_code == 403


def test_more_users_than_one_answer_holds(hub: Hub) -> None:
    names = [f"many{number}" for number in range(230)]
    hub.add("boss2", *names)
    given = {name: {"password": "once-9", "invite": "0123"} for name in names}
    hub.operate("invite", given=given)
    report = hub.operate("report")
    assert all(report[name]["password"] == "once:0123" for name in names)


def test_a_restarted_hub_revokes_the_token_of_before_and_keeps_passwords(tmp_path: Path) -> None:
    with running_hub(tmp_path) as first:
        first.add("alice")
        first.browser("alice", PASSWORD)
        first.invite("alice", "once-9")
        old = (tmp_path / "operator_token").read_text()
    with running_hub(tmp_path) as second:
        headers = {"Authorization": f"token {old}"}
        answer = requests.get(f"{second.url}/hub/auth/passwords", headers=headers, timeout=10)
        assert answer.status_code == 403
        assert second.operate("report")["alice"]["password"] == "once:a1b2"
        assert json.dumps(second.operate("report")).count("operator") == 0
        second.browser("alice", "once-9")
    done = second.operating("report")
    assert done.returncode == 1 and "does not answer" in done.stderr


def test_nobody_can_claim_another_address(tmp_path: Path) -> None:
    with running_hub(tmp_path) as hub:
        _guess_from_many_addresses(hub)


def _guess_from_many_addresses(hub: Hub) -> None:
    hub.add("uwe")
    for number in range(70):
        browser = HubClient(hub.url)
        browser.session.headers["X-Forwarded-For"] = f"198.51.100.{number}"
        with pytest.raises(LoginError) as caught:
            browser.login(f"guess{number}", PASSWORD)
    assert "Wait" in str(caught.value)
    with pytest.raises(LoginError, match=r"Wait \d s"):
        hub.browser("uwe", PASSWORD)
