import json
from pathlib import Path

from ops.remote.command import Upload
from ops.settings.config import Config, parse
from ops.stack.deploy import deployment, limits, questions
from ops.stack.limits import FILE, ensure_limits, limit_questions, nobodys, render_limits

LIMITED = "MEMORY_LIMIT=4G @xps=16G alice=32G\nIDLE_HOURS=12 bob-2=0\n"
MOUNTED = "SMB_USER=u\nSMB_PASSWORD=p\nMOUNT_DATA=//nas/data ro\n"


def config(lines: str = "") -> Config:
    return parse(f"LAB_HOST=x\n{lines}", ".env", {})


def test_the_hub_is_told_in_a_file_of_its_own() -> None:
    (change,) = ensure_limits(limits(config(LIMITED)), {"limits": ""})
    assert change.why == "Set the limits of labs, each from its next start on"
    (step,) = change.steps
    assert isinstance(step, Upload)
    assert (step.path, step.mode, step.owner) == (FILE, "0644", "root:root")
    assert json.loads(str(step.content)) == {
        "memory_limit": {"general": "4G", "groups": {"xps": "16G"}, "members": {"alice": "32G"}},
        "cpu_limit": {"general": 2, "groups": {}, "members": {}},
        "process_limit": {"general": 512, "groups": {}, "members": {}},
        "idle_hours": {"general": 12, "groups": {}, "members": {"bob-2": 0}},
    }


def test_what_is_right_stays_and_what_is_not_is_repaired() -> None:
    wanted = limits(config(LIMITED))
    content = render_limits(wanted).strip()
    assert list(ensure_limits(wanted, {"limits": f"644 root:root\n{content}"})) == []
    for wrong in (
        f"600 root:root\n{content}",
        f"644 alice:users\n{content}",
        f"644 root:root\n{content[:-9]}",
        "644 root:root",
        "",
    ):
        assert list(ensure_limits(wanted, {"limits": wrong})), wrong


def test_who_exists_is_asked_only_where_somebody_is_named() -> None:
    assert [it.key for it in limit_questions(limits(config()))] == ["limits"]
    assert [it.key for it in limit_questions(limits(config(LIMITED)))] == [
        *("limits", "group", "passwd")
    ]
    keys = [it.key for it in questions(config(LIMITED + MOUNTED))]
    assert len(keys) == len(set(keys)), "an answer that is asked twice would be there twice"


def test_a_limit_that_nobody_has_is_said() -> None:
    answers = {
        "group": "users:x:100:\nxps:x:1001:\n",
        "passwd": "root:x:0:0::/root:/bin/sh\njupyter-alice:x:1002:1002::/home/jupyter-alice:/b",
    }
    assert list(nobodys(limits(config(LIMITED)), answers)) == [
        "IDLE_HOURS: this host has no member bob-2, so nobody has this limit."
    ]
    assert list(nobodys(limits(config("CPU_LIMIT=2 @xpss=4")), answers)) == [
        "CPU_LIMIT: this host has no group xpss, so nobody has this limit."
    ]
    assert list(nobodys(limits(config()), {})) == []


def test_a_deploy_tells_the_hub_before_it_starts_it() -> None:
    compose = Path(__file__).parents[2] / "compose"
    bare = dict.fromkeys((it.key for it in questions(config(LIMITED))), "")
    bare |= {"os": "debian\n13\nDebian", "group": "xps:x:1:", "passwd": ""}
    said = [change.why.split()[0] for change in deployment(config(LIMITED), compose)(bare)]
    assert said == ["Install", "Start", "Make", "Set", "Generate", "Copy", "Build", "Start", "Let"]
