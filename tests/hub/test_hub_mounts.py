"""Which mounts a lab gets, how they are bound, and what the spawn page says of them."""

import json
from pathlib import Path

import pytest
from labhub.catalogue import Version, make_catalogue
from labhub.form import consent, parse_choice, render_form
from labhub.guard import Away
from labhub.mounts import (
    Mount,
    MountsError,
    binds,
    environment,
    given,
    parse_mounts,
    read_mounts,
)

DATA = Mount("data", "/mnt/data", "192.168.2.99", True, None)
LEEM = Mount("leem", "/mnt/leem", "nas", False, "leem")
# As `inv mounts` writes it.
LISTED = """[
 {"name": "data", "target": "/mnt/data", "server": "192.168.2.99", "read_only": true, "group": null},
 {"name": "leem", "target": "/mnt/leem", "server": "nas", "read_only": false, "group": "leem"}
]
"""  # noqa: E501
CATALOGUE = make_catalogue({"agfalta_tools": [Version("1.2")]}, "agfalta_tools")


def test_the_list_that_inv_mounts_writes_is_read() -> None:
    assert parse_mounts(LISTED) == (DATA, LEEM)


def test_what_a_later_version_adds_is_ignored() -> None:
    entries = [entry | {"port": 445} for entry in json.loads(LISTED)]
    assert parse_mounts(json.dumps(entries)) == (DATA, LEEM)


@pytest.mark.parametrize("text", ["", "{", "5", "[5]", '[{"name": "x"}]', '["data"]'])
def test_what_is_no_such_list_is_one_kind_of_error(text: str) -> None:
    with pytest.raises(MountsError):
        parse_mounts(text)


def test_where_inv_mounts_has_never_run_there_is_no_mount(tmp_path: Path) -> None:
    assert read_mounts(tmp_path / "mounts.json") == ()
    with pytest.raises(MountsError):
        read_mounts(tmp_path)


def test_a_group_s_mount_is_for_its_members() -> None:
    assert given((DATA, LEEM), ("jupyter-alice", "users", "leem")) == (DATA, LEEM)
    assert given((DATA, LEEM), ("jupyter-bob", "users", "xps")) == (DATA,)


def test_the_folder_around_a_mount_is_bound_as_a_slave() -> None:
    data, leem = binds((DATA, LEEM))
    assert data == {
        "type": "bind",
        "source": "/srv/labhub/data",
        "target": "/srv/labhub/data",
        "read_only": True,
        "propagation": "rslave",
    }
    assert leem["read_only"] is False


def test_the_lab_is_told_its_mounts_also_where_there_are_none() -> None:
    assert environment((DATA, LEEM)) == {"LABHUB_MOUNTS": "data leem"}
    assert environment(()) == {"LABHUB_MOUNTS": ""}


def test_without_mounts_the_page_is_as_ever() -> None:
    page = render_form(CATALOGUE, "agfalta_tools")
    assert "lab-mounts" not in page and "without" not in page


def test_the_page_lists_what_the_lab_will_have() -> None:
    page = render_form(CATALOGUE, "agfalta_tools", (DATA, LEEM))
    assert "<code>~/data</code>" in page and "/mnt/data, read-only" in page
    assert "/mnt/leem<" in page
    assert "without" not in page


def test_one_that_is_away_is_named_and_asked_for() -> None:
    away = (Away(DATA, "the file server <b> does not answer"),)
    page = render_form(CATALOGUE, "agfalta_tools", (DATA, LEEM), away)
    assert "data (/mnt/data) is away: the file server &lt;b&gt; does not answer." in page
    assert "Start without data</label>" in page
    assert 'type="checkbox" name="without" required value="data"' in page
    assert "~/data" not in page and "~/leem" in page


def test_where_all_are_away_none_is_promised() -> None:
    page = render_form(CATALOGUE, "agfalta_tools", (DATA,), (Away(DATA, "x"),))
    assert "Your lab will have" not in page


def test_the_form_s_fields_become_the_choice() -> None:
    assert parse_choice({"image": ["a:1"]}) == {"image": "a:1"}
    assert parse_choice({}) == {"image": ""}
    assert parse_choice({"image": ["a:1"], "without": ["data", "leem"]}) == {
        "image": "a:1",
        "without": ["data", "leem"],
    }


@pytest.mark.parametrize("said", [None, "data", {"data": 1}, [1, ["data"]], True])
def test_a_consent_of_another_form_is_none(said: object) -> None:
    assert consent({"without": said}) == frozenset()


def test_a_consent_names_mounts() -> None:
    assert consent({"without": ["data", 5]}) == {"data"}
