import json
from collections.abc import Mapping

import pytest

from ops.errors import FactError
from ops.members.facts import parse_members
from ops.members.listing import as_json, as_table, notes, parse_rows

PASSWD = """root:x:0:0:root:/root:/bin/bash
jupyter-zoe:x:1003:1003::/home/jupyter-zoe:/bin/bash
jupyter-alice:x:1001:1001:Alice:/home/jupyter-alice:/bin/bash
jupyter-bob:x:1002:1002::/home/jupyter-bob:/bin/bash
jupyter-carol:x:1004:1004:removed by labhub on 2026-11-23:/home/jupyter-carol:/usr/sbin/nologin
jupyter-service:x:1005:1005::/srv/service:/bin/bash
"""
HUB = {
    "alice": {
        "last_activity": "2026-11-23T09:00:00.123456Z",
        "password": "own",
        "lab": {"image": "agfalta_tools:latest", "started": "…", "pending": None},
    },
    "zoe": {"last_activity": None, "password": "once:beef", "lab": None},
}
ANSWERS: Mapping[str, str] = {
    "passwd": PASSWD.rstrip(),
    "locked": "jupyter-alice\njupyter-bob\njupyter-carol\njupyter-zoe",
    "expired": "jupyter-bob\njupyter-carol",
    "group": "users:x:100:jupyter-alice,jupyter-zoe\nleem:x:2000:jupyter-alice\nxps:x:2001:",
    "homes": "/home/jupyter-alice|directory|700|1001|1001\n/home/jupyter-zoe|directory|700|3|3",
    "disabled": '644 root:root\n["bob", "carol"]',
    "containers": 'sha256:1 localhost:5000/agfalta_tools:1.2 running ["100","2000"] alice\n'
    "sha256:2 debian running null zoe\nsha256:3 hub:1 running null \nsha256:4 x exited null bob",
    "records": '{"name": "carol", "uid": 1004, "groups": ["users", "xps"], "shell": "/bin/bash", '
    '"comment": "", "removed": "2026-11-23", "has_home": true}',
    "archives": "carol.tar.gz|2622\ncarol.until-20261101T000000.tar.gz|1",
    "left": "",
    "hub": json.dumps(HUB),
    "sizes": "1234567890\tjupyter-alice/",
}


def test_the_table_tells_of_each_member_what_an_operator_asks() -> None:
    alice, bob, zoe = as_table(parse_rows(ANSWERS))
    assert alice[:3] == ("alice", "leem", "yes")
    assert alice[3].startswith("2026-11-2") and len(alice[3]) == 16
    assert alice[4:] == ("agfalta_tools:latest", "1.2 GB")
    assert bob == ("bob", "-", "disabled", "-", "-", "?")
    assert zoe == ("zoe", "-", "invited", "-", "debian", "?")


def test_what_stands_in_no_row_is_said_below() -> None:
    rows, facts = parse_rows(ANSWERS), parse_members(ANSWERS)
    assert list(notes(rows, facts, with_sizes=True)) == [
        "Removed, and back with inv restore-user: carol (2026-11-23, 2.6 kB)",
        "! Not all homes could be measured in 20 s",
    ]
    without = {**ANSWERS, "hub": "", "sizes": ""}
    said = list(notes(parse_rows(without), parse_members(without), with_sizes=False))
    assert len(said) == 2 and "The hub does not answer" in said[1]
    assert as_table(parse_rows(without))[0][2:5] == ("?", "-", "agfalta_tools:1.2")


def test_a_member_of_whom_the_hub_never_heard_never_logged_in() -> None:
    empty = {**ANSWERS, "hub": "{}"}
    assert as_table(parse_rows(empty))[0][2] == "never logged in"


def test_programs_get_everything_also_of_who_was_removed() -> None:
    rows = {row["name"]: row for row in json.loads(as_json(parse_rows(ANSWERS)))}
    assert list(rows) == ["alice", "bob", "carol", "zoe"]
    assert rows["alice"] == {
        "name": "alice",
        "state": "active",
        "groups": ["leem"],
        "login": "own",
        "last_activity": "2026-11-23T09:00:00.123456Z",
        "lab": "agfalta_tools:latest",
        "home_bytes": 1234567890,
        "removed": None,
        "archive": None,
        "archive_bytes": None,
    }
    assert rows["carol"]["state"] == "removed" and rows["carol"]["groups"] == ["xps"]
    assert rows["carol"]["archive"] == "/var/lib/labhub/removed/carol.tar.gz"
    assert rows["carol"]["archive_bytes"] == 2622


@pytest.mark.parametrize("line", ["[", '{"name": "x"}', '{"name": "x", "groups": 1}', "null"])
def test_a_damaged_record_is_told_and_not_guessed(line: str) -> None:
    with pytest.raises(FactError, match="cannot be read"):
        parse_members({**ANSWERS, "records": line})


@pytest.mark.parametrize("said", ["", "null", "[]", '{"alice": 1}', "Traceback"])
def test_a_hub_that_says_something_else_does_not_answer(said: str) -> None:
    assert parse_members({**ANSWERS, "hub": said}).hub is None
