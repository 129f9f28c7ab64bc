import re

import pytest
from invoke import Context

import tasks


def test_every_task_is_shown_once_under_what_it_is_for(capsys: pytest.CaptureFixture[str]) -> None:
    tasks.namespace["overview"](Context())
    shown = re.findall(r"^  (\S+) +[A-Z].*\.$", capsys.readouterr().out, re.MULTILINE)
    ours = {name for name in tasks.namespace.task_names if not name.startswith("sandbox")}
    assert sorted(shown) == sorted(ours - {"overview"})


def test_inv_alone_shows_it() -> None:
    assert tasks.namespace.default == "overview"
