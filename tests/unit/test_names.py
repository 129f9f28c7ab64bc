from pathlib import Path

import pytest

from ops.names import account, group_problem, home, name_problem, tag_key, tag_problem


@pytest.mark.parametrize("name", ["alice", "anna-lena", "a", "x_1", "b" * 24, "admin"])
def test_a_name_that_linux_and_the_hub_both_allow_is_valid(name: str) -> None:
    assert name_problem(name) is None


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("Anna", "lower-case"),
        ("../x", "lower-case"),
        ("a b", "lower-case"),
        ("a.b", "lower-case"),
        ("$(id)", "lower-case"),
        ("-rf", "begin with"),
        ("1a", "begin with"),
        ("ä", "a-z"),
        ("alice\n", "a-z"),
        ("root", "reserved"),
        ("www-data", "reserved"),
        ("", "empty"),
        ("a" * 25, "at most 24"),
        ("a" * 40, "at most 24"),
    ],
)
def test_any_other_name_is_refused_with_the_rule(name: str, rule: str) -> None:
    problem = name_problem(name)
    assert problem is not None and rule in problem


def test_an_account_is_at_most_as_long_as_linux_allows() -> None:
    assert len(account("b" * 24)) == 32
    assert home("alice") == "/home/jupyter-alice"


@pytest.mark.parametrize("group", ["sudo", "docker", "root", "", "x,y", "-g", "Leem"])
def test_a_group_that_is_invalid_or_gives_rights_over_the_host_is_refused(group: str) -> None:
    assert group_problem(group)


def test_tags_are_ordered_newest_first_by_number() -> None:
    tags = ["1.9", "dev", "1.10", "latest", "v1.11", "1.10rc1", "run-9", "run-10"]
    assert sorted(tags, key=tag_key, reverse=True) == [
        *("latest", "v1.11", "1.10", "1.10rc1", "1.9", "run-10", "run-9", "dev")
    ]


@pytest.mark.parametrize("tag", ["", "-x", ".1", "a b", "a/b", "x" * 129, "ä", "$(id)", "1.2\n"])
def test_a_tag_that_a_registry_refuses_is_refused(tag: str) -> None:
    assert tag_problem(tag)


def test_the_hub_has_the_same_names() -> None:
    root = Path(__file__).parents[2]
    names = "compose/hub/labhub/names.py", "ops/names.py"
    assert len({(root / name).read_text() for name in names}) == 1
