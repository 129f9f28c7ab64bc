"""Whose limit wins, what the pages say of it, and what a spawner makes of it."""

import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from labhub.accounts import Account, Group
from labhub.idle import idle_args
from labhub.limits import DEFAULTS, Limits, describe, find_limits, in_bytes, read_limits
from labhub.spawner import LabSpawner

from ops.settings.config import parse
from ops.stack.deploy import limits
from ops.stack.limits import render_limits

ENV = """LAB_HOST=x
MEMORY_LIMIT=4G @xps=512M @leem=16G alice=1G
CPU_LIMIT=2 @xps=1.5 @leem=4
PROCESS_LIMIT=512 anna-lena=9999
IDLE_HOURS=12 @xps=72 @leem=0
"""


def written(lines: str) -> str:
    """Return the list as `inv deploy` writes it."""
    return render_limits(limits(parse(lines, ".env", {})))


FOUND = json.loads(written(ENV))


def test_the_defaults_are_those_of_the_operator_s_example() -> None:
    assert find_limits(json.loads(written("LAB_HOST=x")), "alice", ()) == DEFAULTS
    assert find_limits({}, "alice", ()) == DEFAULTS


@pytest.mark.parametrize(
    ("name", "groups", "memory", "cpus", "processes", "hours"),
    [
        ("bob", {"users"}, "4G", 2, 512, 12),
        ("bob", {"xps"}, "512M", 1.5, 512, 72),
        ("bob", {"xps", "leem"}, "16G", 4, 512, 0),
        ("alice", {"xps", "leem"}, "1G", 4, 512, 0),
        ("anna-lena", {"users"}, "4G", 2, 9999, 12),
    ],
)
def test_one_s_own_wins_then_the_largest_of_the_groups_then_everybody_s(
    name: str, groups: set[str], memory: str, cpus: float, processes: int, hours: float
) -> None:
    assert find_limits(FOUND, name, groups) == Limits(memory, cpus, processes, hours)


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "3", '{"memory_limit": 4}', '{"memory_limit": {"general": "4G"}}'],
)
def test_a_list_that_is_missing_or_damaged_leaves_no_lab_without_limits(
    tmp_path: Path, text: str
) -> None:
    assert read_limits(tmp_path / "limits.json", "alice", ()) == DEFAULTS
    (tmp_path / "limits.json").write_text(text)
    assert read_limits(tmp_path / "limits.json", "alice", ()) == DEFAULTS


@pytest.mark.parametrize(("memory", "number"), [("512M", 512 * 1024**2), ("4G", 4 * 1024**3)])
def test_memory_in_bytes(memory: str, number: int) -> None:
    assert in_bytes(memory) == number


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (DEFAULTS, "4 GB of memory, 2 cores · stops after 12 hours in which nothing runs"),
        (
            Limits("512M", 1.0, 50, 1.0),
            "512 MB of memory, 1 core · stops after 1 hour in which nothing runs",
        ),
        (
            Limits("4G", 1.5, 50, 0.25),
            "4 GB of memory, 1.5 cores · stops after 15 minutes in which nothing runs",
        ),
        (Limits(idle_hours=0), "4 GB of memory, 2 cores · stays until it is stopped"),
    ],
)
def test_limits_for_people(given: Limits, said: str) -> None:
    assert describe(given) == said


def test_a_spawner_takes_the_limits_anew_at_each_start_and_hands_them_to_the_engine(
    tmp_path: Path,
) -> None:
    spawner = LabSpawner(limits_file=str(tmp_path / "limits.json"))
    spawner.user = SimpleNamespace(name="alice")
    alice = Account("jupyter-alice", 1001, (Group("own", 1001), Group("leem", 7)), "/home/x")
    spawner._prepare(alice)
    assert spawner.mem_limit == 4 * 1024**3
    (tmp_path / "limits.json").write_text(written(ENV))
    spawner._prepare(alice)
    assert spawner.mem_limit == spawner.extra_host_config["memswap_limit"] == 1024**3
    assert spawner.cpu_limit == 4
    assert spawner.extra_host_config["pids_limit"] == 512
    assert spawner.idle_hours == 0 and idle_args(spawner.idle_hours) == []


def test_where_the_host_itself_is_short_of_memory_a_lab_ends_and_not_the_hub() -> None:
    spawner = LabSpawner(limits_file="/missing/x")
    spawner.user = SimpleNamespace(name="alice")
    spawner._prepare(Account("a", 1001, (Group("own", 1001),), "/home/x"))
    assert spawner.extra_host_config["oom_score_adj"] > 0
