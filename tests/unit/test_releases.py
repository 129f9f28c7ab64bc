from dataclasses import replace

import pytest

from ops.errors import UsageError
from ops.remote.command import Shell
from ops.stack import database
from ops.stack.releases import Release, Releases, choose, ensure_release, parse_releases, rows

ANSWERS = {
    "releases": "bbb2\n"
    "aaa1 100 9 80 6.0.0 yes labhub-hub:1\n"
    "bbb2 200 9 8000 6.1.1 yes labhub-hub:2\n"
    "bcc3 300 9 80 6.1.1 no labhub-hub:3"
}


def test_they_are_read_newest_first() -> None:
    found = parse_releases(ANSWERS)
    assert found.current == "bbb2"
    assert [it.name for it in found.all] == ["bcc3", "bbb2", "aaa1"]
    assert found.all[2] == Release("aaa1", 100, 9, frozenset({"labhub-hub:1"}), 80, "6.0.0", True)
    assert [row[2:] for row in rows(found)] == [
        ("6.1.1", "images are gone"),
        ("6.1.1", "runs"),
        ("6.0.0", ""),
    ]
    assert parse_releases({"releases": ""}) == Releases("", ())


def test_back_is_to_the_one_before_or_to_the_one_that_is_named() -> None:
    found = parse_releases(ANSWERS)
    assert choose(found, "", "host").name == "aaa1"
    assert choose(found, "bb", "host").name == "bbb2"
    assert choose(found, "aaa1", "host").name == "aaa1"


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ("b", "several releases begin with 'b'"),
        ("x", "no release begin"),
        ("bcc", "has lost its images"),
    ],
)
def test_what_cannot_be_gone_back_to_is_said(wanted: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        choose(parse_releases(ANSWERS), wanted, "host")


def test_before_the_first_there_is_none() -> None:
    first = parse_releases({"releases": "aaa1\naaa1 100 9 80 6.0.0 yes labhub-hub:1"})
    with pytest.raises(UsageError, match="no release before the one that runs"):
        choose(first, "", "host")
    with pytest.raises(UsageError, match="no release before"):
        choose(Releases("", ()), "", "host")


def test_the_release_that_runs_is_left_alone() -> None:
    release = parse_releases(ANSWERS).all[1]
    assert list(ensure_release(release, parse_releases(ANSWERS))) == []


def test_an_older_jupyterhub_comes_with_the_database_that_it_has_left() -> None:
    releases = parse_releases(ANSWERS)
    kept, back = ensure_release(releases.all[2], releases)
    assert kept.why == "Keep the hub's database as JupyterHub 6.1.1 reads it"
    assert back.why == "Go back to release aaa1 and wait until its hub answers"
    (step,) = back.steps
    assert isinstance(step, Shell)
    assert step.args[3:] == (database.kept("6.0.0"), database.kept("6.1.1"))


def test_forth_to_a_later_one_it_changes_the_database_itself() -> None:
    releases = replace(parse_releases(ANSWERS), current="aaa1")
    _, forth = ensure_release(releases.all[1], releases)
    (step,) = forth.steps
    assert isinstance(step, Shell)
    assert step.args[3:] == ("", database.kept("6.0.0"))


def test_with_the_same_jupyterhub_the_database_stays() -> None:
    releases = parse_releases({"releases": ANSWERS["releases"].replace("6.0.0", "6.1.1")})
    (change,) = ensure_release(releases.all[2], releases)
    (step,) = change.steps
    assert isinstance(step, Shell)
    assert step.args[3:] == ("", "")
