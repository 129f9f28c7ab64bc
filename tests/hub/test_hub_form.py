"""What of the versions is shown, which one is chosen, and the page that shows them."""

import re
from datetime import UTC, datetime

import pytest
from labhub.catalogue import make_catalogue, references
from labhub.details import Details, day_of, in_words
from labhub.form import Offered, render_down, render_form
from labhub.guard import Away
from labhub.mounts import Mount
from labhub.versions import RECENT, Version, label_of, make_groups

TAGS = ["latest", "1.2", "1.10", "1.10rc1", "dev"]
CATALOGUE = make_catalogue({"zebra": ["1"], "agfalta_tools": TAGS, "atoms": ["2"]}, "agfalta_tools")
DAY = datetime(2026, 6, 22, 23, 30, tzinfo=UTC)
DETAILS = {
    "agfalta_tools:latest": Details("sha256:a", 712_000_000, DAY, "1a2b3c4d5e6f", "new fit"),
    "agfalta_tools:1.10": Details("sha256:a", 712_000_000, DAY, "1a2b3c4d5e6f", "new fit"),
    "agfalta_tools:1.2": Details("sha256:b", 1_400_000_000),
}
DATA = Mount("data", "/mnt/data", "nas", True, None)
LEEM = Mount("leem", "/mnt/leem", "nas", False, None)


def all_versions(
    last: str | None = None, wanted: str | None = None, **labels: str
) -> list[Version]:
    told = {f"agfalta_tools:{tag.replace('_', '.')}": {"label": it} for tag, it in labels.items()}
    groups = make_groups(CATALOGUE, DETAILS, told, last, wanted)
    return [it for group in groups for it in (*group.recent, *group.older)]


def chosen(versions: list[Version]) -> str:
    (one,) = (it.reference for it in versions if it.is_chosen)
    return one


def test_the_newest_is_a_version_and_latest_says_which_it_is_now() -> None:
    versions = {it.reference: it for it in all_versions()}
    assert next(it for it in versions if versions[it].is_newest) == "agfalta_tools:1.10"
    assert versions["agfalta_tools:latest"].now == "1.10"
    assert versions["atoms:2"].now == "" and versions["atoms:2"].is_newest


def test_the_one_used_last_is_chosen_and_the_refused_one_before_it() -> None:
    assert chosen(all_versions()) == "agfalta_tools:latest"
    assert chosen(all_versions(last="atoms:2")) == "atoms:2"
    assert chosen(all_versions(last="atoms:2", wanted="agfalta_tools:1.2")) == "agfalta_tools:1.2"
    assert chosen(all_versions(last="atoms:gone", wanted="forged")) == "agfalta_tools:latest"


def test_what_is_deprecated_is_not_chosen_by_itself_but_where_it_was_used_last() -> None:
    tags = make_catalogue({"a": ["1", "2"]}, "a")
    labels = {"a:2": {"label": "deprecated"}}
    (group,) = make_groups(tags, {}, labels)
    assert group.recent[0].reference == "a:1" and group.recent[0].is_chosen
    assert [it.tag for it in group.older] == ["2"] and not group.is_open
    (group,) = make_groups(tags, {}, labels, last="a:2")
    assert group.is_open, "what is chosen is never hidden"
    (group,) = make_groups(tags, {}, {it: {"label": "deprecated"} for it in ("a:1", "a:2")})
    assert group.recent[0].is_chosen


def test_older_versions_wait_and_one_alone_does_not() -> None:
    for count, shown in ((RECENT, RECENT), (RECENT + 1, RECENT + 1), (RECENT + 2, RECENT)):
        tags = make_catalogue({"a": [f"1.{n}" for n in range(count)]}, "a")
        (group,) = make_groups(tags, {}, {})
        assert len(group.recent) == shown and len(group.recent + group.older) == count


@pytest.mark.parametrize(
    "entry", [None, "stable", {}, {"label": 5}, {"label": "new"}, {"label": ["stable"]}, []]
)
def test_a_label_that_is_none_of_ours_is_none(entry: object) -> None:
    assert label_of({"a:1": entry}, "a:1") == ""
    assert label_of({"a:1": {"label": "testing"}}, "a:1") == "testing"


def test_sizes_and_days_are_written_as_people_read_them() -> None:
    sizes = [in_words(size) for size in (5, 1_499_999, 712_000_000, 999_600_000, 1_440_000_000)]
    assert sizes == ["less than 1 MB", "1 MB", "712 MB", "1.0 GB", "1.4 GB"]
    assert day_of(DAY) == "22 June 2026"


def test_the_form_offers_every_choice_in_order_and_has_chosen_one() -> None:
    page = render_form(Offered(CATALOGUE, "agfalta_tools"))
    assert re.findall(r'name="image"[^>]*value="([^"]*)"', page) == list(references(CATALOGUE))
    assert page.count(" checked") == 1
    assert 'value="agfalta_tools:latest" checked' in page
    assert page.count("<legend") == 3


def test_a_version_says_when_and_from_what_it_was_built_and_what_is_new() -> None:
    labels = {"agfalta_tools:1.2": {"label": "stable"}}
    page = render_form(
        Offered(CATALOGUE, "agfalta_tools", DETAILS, labels, last="agfalta_tools:1.2")
    )
    for text in ("22 June 2026", "1a2b3c4d<", "new fit", "712 MB", "1.4 GB", ">stable<"):
        assert text in page
    assert "used last" in page and "now 1.10" in page
    assert 'value="agfalta_tools:1.2" checked' in page


def test_one_that_was_used_last_and_is_gone_is_named() -> None:
    page = render_form(Offered(CATALOGUE, "agfalta_tools", last="agfalta_tools:0.9"))
    assert "0.9, which you used last, is no longer offered." in page
    assert "no longer" not in render_form(Offered(CATALOGUE, "a", last="atoms:2"))


def test_what_is_shown_is_escaped() -> None:
    bad = '"><script>'
    tags = make_catalogue({f"a{bad}": ["1"]}, "a")
    details = {f"a{bad}:1": Details("sha256:a", 1, None, bad, bad)}
    away = (Away(Mount("data", bad, "nas", True, None), bad),)
    page = render_form(Offered(tags, bad, details, {}, f"b{bad}:{bad}", away=away))
    assert "<script>" not in page and "&lt;script&gt;" in page
    assert "<script>" not in render_form(Offered((), bad))


def test_an_empty_registry_shows_what_the_operator_types() -> None:
    page = render_form(Offered((), "agfalta_tools"))
    assert "inv push --tag 1.2" in page
    assert "submit" not in page


def test_a_registry_that_is_down_shows_no_choice() -> None:
    assert "does not answer" in render_down()
    assert "submit" not in render_down()


def test_why_a_choice_was_refused_is_said_once() -> None:
    away = (Away(DATA, "the nas is silent"), Away(LEEM, "the nas is silent"))
    offered = Offered(CATALOGUE, "agfalta_tools", mounts=(DATA, LEEM), away=away)
    asked = render_form(offered)
    assert asked.count("is away") == 2 and "checked>" in asked
    refused = {"image": "atoms:2", "without": ["leem"]}
    page = render_form(Offered(**{**vars(offered), "refused": refused}))
    assert "data (/mnt/data) is away" not in page, "the page's alert says so"
    assert "leem (/mnt/leem) is away" in page, "which the alert does not name"
    assert 'value="atoms:2" checked' in page
    assert 'value="leem" id="without-leem" checked' in page
    assert 'value="data" id="without-data">' in page
