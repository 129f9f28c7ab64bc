from datetime import UTC, datetime

import pytest

from ops.errors import UsageError
from ops.look import audit, shell
from ops.look.logs import LINES, Wanted, fitting, read_since, read_wanted, show_log, without_secrets
from ops.remote.framing import read_stream

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def wanted(
    service: str = "",
    user: str = "",
    since: str = "",
    grep: str = "",
    lines: int = 0,
    follow: bool = False,
) -> Wanted:
    return read_wanted(service, user, since, grep, lines, follow, NOW)


def test_without_a_word_it_is_the_end_of_the_hubs() -> None:
    it = wanted()
    assert (it.container, it.lines, it.since) == ("labhub-hub", LINES, None)
    assert show_log(it).args[-3:] == ("--tail", "100", "labhub-hub")


def test_who_names_a_time_or_a_pattern_gets_all_that_fits() -> None:
    assert wanted(since="1h").lines is None
    assert wanted(grep="error").lines is None
    assert wanted(grep="error", lines=3).lines == 3
    assert "--tail" not in show_log(wanted(grep="error", lines=3)).args
    assert wanted(user="alice").container == "lab-alice"


def test_a_while_or_a_moment() -> None:
    assert read_since("90m", NOW) == datetime(2026, 11, 20, 10, 30, tzinfo=UTC)
    assert read_since("2d", NOW) == datetime(2026, 11, 18, 12, tzinfo=UTC)
    assert read_since("2026-11-20T08:00+00:00", NOW) == datetime(2026, 11, 20, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"since": "yesterday"}, "a while such as 30m"),
        ({"since": "-1h"}, "a while such as 30m"),
        ({"since": "9999999d"}, "a while such as 30m"),
        ({"grep": "("}, "is no regular expression"),
        ({"lines": -1}, "0 \\(all\\) or more"),
        ({"service": "database"}, "registry, proxy and hub"),
        ({"service": "hub", "user": "alice"}, "Either --service or --user"),
        ({"user": "../etc"}, "\\.\\./etc"),
    ],
)
def test_what_cannot_be_is_one_sentence(words: dict[str, str], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        wanted(**words)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("GET /lab?token=abc123&x=1 (alice)", "GET /lab?token=[REDACTED]&x=1 (alice)"),
        ("Authorization: Bearer abc", "Authorization: Bearer [REDACTED]"),
        ("authorization: token abc", "authorization: token [REDACTED]"),
        ('password="x"', 'password="x"'),
        ("password=hunter2 ok", "password=[REDACTED] ok"),
        ("302 GET /hub/api", "302 GET /hub/api"),
        ("\x1b[32mINFO\x1b[0m ok\tyes", "INFO ok\tyes"),
        ("\x1b]0;a title\x07\x9b31mx\r", "31mx"),
        ("to\x1b[1mken=abc", "token=[REDACTED]"),
    ],
)
def test_tokens_and_passwords_are_struck_out(line: str, shown: str) -> None:
    assert without_secrets(line) == shown


def test_only_what_fits_is_taken() -> None:
    found: list[str] = []
    take = fitting(wanted(grep="ERR"), found.append)
    for line in ("an error token=x", "fine"):
        take(line)
    assert found == ["an error token=[REDACTED]"]


LOG = """\
2026-11-20T08:00:00+01:00\tanna@desk\tinv deploy\tdone\tCopy files
2026-11-20T08:00:09+01:00\tanna@desk\tinv deploy\tdone\tStart hub
a line of somebody else
no time\tanna@desk\tinv deploy\tdone\tx
2026-11-20T08:00:10\tanna@desk\tinv deploy\tdone\twithout a zone
2026-11-20T08:01:00+01:00\tben@lap\tinv add-user\tfailed (1)\tCreate the account
2026-11-20T08:02:00+01:00\tben@lap\tinv add-user\tdone\tCreate the account
2026-11-20T09:00:00+01:00\tben@lap\tinv add-user\tdone\tCreate another
"""


def test_the_changes_of_one_run_are_one_entry() -> None:
    entries = list(audit.parse_audit(LOG))
    assert [(it.who, it.task, len(it.changes)) for it in entries] == [
        ("anna@desk", "inv deploy", 2),
        ("ben@lap", "inv add-user", 1),
        ("ben@lap", "inv add-user", 1),
        ("ben@lap", "inv add-user", 1),
    ]
    assert list(audit.lines(entries[1]))[1] == "    ✗ failed (1): Create the account"
    assert list(audit.lines(entries[0]))[2] == "    ✓ Start hub"
    assert list(audit.parse_audit("")) == []


def test_the_last_ones_since_a_time_with_a_word() -> None:
    entries = list(audit.parse_audit(LOG))
    since = read_since("2026-11-20T08:00:30+01:00", NOW)
    assert audit.chosen(entries, since, None, 20) == entries[1:]
    assert audit.chosen(entries, None, wanted(grep="START HUB").pattern, 20) == entries[:1]
    assert audit.chosen(entries, None, None, 1) == entries[-1:]


def test_a_command_is_quoted_once_and_logged_by_its_first_word() -> None:
    (command,) = shell.enter("lab-alice", "anna@desk; reboot")
    assert "'anna@desk; reboot'" in command
    assert shell.first_word("curl -u me:secret x") == "curl"
    assert shell.first_word(" ") == "nothing"


def test_a_stream_ends_with_its_status_or_was_lost() -> None:
    said: list[str] = []
    assert read_stream(["a", "", "", "b", "", "#n ended 3"], "n", "host", said.append) == 3
    assert said == ["a", "", "", "b"]
    with pytest.raises(Exception, match="was lost"):
        read_stream(["a"], "n", "host", said.append)
