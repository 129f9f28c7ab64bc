"""What the operator announces: checked, written once, its time kept, taken away again."""

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from invoke.parser import Parser

from ops.errors import UsageError
from ops.remote.command import Upload
from ops.remote.framing import Answers
from ops.stack.announce import (
    Announced,
    announcing,
    describe,
    parse_announcement,
    read_text,
)
from tasks import namespace

NOW = datetime(2026, 11, 23, 17, 0, tzinfo=timezone(timedelta(hours=1)))
SHOWN = '644 root:root\n{"text": "hub update at 17:00", "since": "2026-11-23T15:00:00+00:00"}\n'


def answers(text: str) -> Answers:
    return {"announcement": text}


def test_a_new_announcement_is_one_file_with_its_time_in_utc() -> None:
    (change,) = announcing("Grüße: <b>17:00</b>", NOW)(answers(""))
    (upload,) = change.steps
    assert isinstance(upload, Upload) and upload.path == "/etc/labhub/hub/announcement.json"
    assert json.loads(str(upload.content)) == {
        "text": "Grüße: <b>17:00</b>",
        "since": "2026-11-23T16:00:00+00:00",
    }
    after = answers(f"644 root:root\n{upload.content}")
    assert list(announcing("Grüße: <b>17:00</b>", NOW)(after)) == []


def test_one_that_is_shown_already_stays_with_its_time() -> None:
    assert list(announcing("hub update at 17:00", NOW)(answers(SHOWN))) == []


@pytest.mark.parametrize(
    "before", [SHOWN, SHOWN.replace("644", "600"), "644 root:root\n{", "644 root:root\n[1]"]
)
def test_another_an_unreadable_and_a_damaged_one_are_replaced(before: str) -> None:
    text = "hub update at 17:00" if "600" in before else "new"
    assert len(list(announcing(text, NOW)(answers(before)))) == 1


def test_clearing_takes_away_what_is_there_and_nothing_else() -> None:
    (change,) = announcing("", NOW)(answers(SHOWN))
    assert [str(step) for step in change.steps] == ["rm -f -- /etc/labhub/hub/announcement.json"]
    assert len(list(announcing("", NOW)(answers("644 root:root\n{")))) == 1, "damaged"
    assert list(announcing("", NOW)(answers(""))) == []


def test_what_is_shown_is_said() -> None:
    shown = parse_announcement(answers(SHOWN))
    assert describe(shown) == ("Announced since 2026-11-23T15:00:00+00:00:\nhub update at 17:00")
    assert describe(Announced()) == "Nothing is announced."


def test_a_text_is_plain_and_short() -> None:
    assert read_text("  one \n two  ") == "one\ntwo"
    assert read_text("--clear") == "" and read_text("--show") is None
    for text in ("x" * 501, "\x1b[31mred", " ", "--cleer"):
        with pytest.raises(UsageError):
            read_text(text)


def test_utc_is_what_the_hub_reads() -> None:
    assert datetime.fromisoformat(parse_announcement(answers(SHOWN)).since).tzinfo == UTC


@pytest.mark.parametrize("words", [["update at 17:00"], ["--clear"], ["--wait", "--clear"]])
def test_the_text_is_given_as_it_is_and_clear_in_its_place(words: list[str]) -> None:
    (parsed,) = Parser(contexts=namespace.to_contexts()).parse_argv(["announce", *words])
    assert parsed.args["text"].value == words[-1]
