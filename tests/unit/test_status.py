import json
from dataclasses import replace
from pathlib import Path

from ops.remote.command import Change, run
from ops.settings import envfile
from ops.settings.config import parse
from ops.status import page
from ops.status.machine import parse_machine
from ops.status.running import parse_labs
from ops.status.services import parse_engine, parse_services
from ops.status.state import Certificate, Share, State, Where, findings, parse_state

LOAD = """\
123456.78 4567.89
0.42 0.30 0.20 1/234 5678
8
33554432 kB
16777216 kB
Debian GNU/Linux 13 (trixie)"""
SIZES = "engine|Images|1.5GB\nhomes|\nengine|Containers|1MB\nlogs|2000\nregistry|3000000"
STATE = {"Running": True, "Paused": False, "StartedAt": "2026-11-20T08:12:03.123456789Z"}
HEALTHY = STATE | {"Health": {"Status": "healthy"}}


def services(**states: object) -> str:
    return "\n".join(f'"/labhub-{name}" {json.dumps(state)}' for name, state in states.items())


LAB = '"/lab-alice" "alice" "localhost:5000/agfalta_tools:1.2" "2026-11-20T08:12:03.1Z"'
HUB = {"alice": {"last_activity": "2026-11-20T09:12:00Z", "password": "own", "lab": {}}}
ANSWERS = {
    "load": LOAD,
    "sizes": SIZES,
    "disks": "30000000000 70000000000 /",
    "engine_state": "active\nenabled\n26.1.5",
    "services": services(registry=HEALTHY, proxy=HEALTHY, hub=HEALTHY),
    "versions": "registry 2.8.3\nhub 6.1.1\nproxy 5.1.0",
    "labs": LAB,
    "taken": '{"Name": "lab-alice", "MemUsage": "100MiB / 4GiB", "CPUPerc": "3.1%"}',
    "hub": json.dumps(HUB),
    "now": "2026-11-20T10:15:00+01:00",
    "deployed": "2026-11-20T08:00:00+01:00\tanna@desk\tinv deploy\tdone\tStart hub",
    "readable": "",
}


def state(*plan: Change, **answers: str) -> State:
    config = parse("LAB_HOST=lab\nHUB_URL=http://lab", ".env", {})
    return parse_state(ANSWERS | answers, config, lambda _: plan, Where("op@lab", "http://lab"))


def test_a_host_on_which_all_is_right_needs_nothing() -> None:
    assert list(findings(state())) == []
    assert list(page.verdict(())) == ["✓ Everything is right."]


def test_the_page_says_it_in_lines() -> None:
    lines = list(page.lines(state()))
    assert lines[0] == "op@lab  http://lab"
    assert lines[1].startswith(
        "host      Debian GNU/Linux 13 (trixie), up 1 day, load 0.42 on 8 cores"
    )
    assert lines[2] == "disk      /  30% full, 70.0 GB free"
    assert lines[3] == "          images 1.5 GB, registry 3.0 MB, logs 2.0 kB"
    assert lines[4] == "          not measured in the time there is: homes"
    assert lines[5] == "engine    Docker 26.1.5, at every boot"
    assert lines[8].startswith("hub       ✓ healthy  6.1.1  since 2026-11-20")
    assert "by anna@desk: Start hub" in lines[9]
    assert lines[10] == "labs      1 lab"


def test_labs_are_busy_or_idle_by_their_last_report() -> None:
    (lab,) = parse_labs(ANSWERS)
    assert (lab.member, lab.image) == ("alice", "agfalta_tools:1.2")
    assert (lab.memory, lab.cpu, lab.is_busy) == ("100MiB / 4GiB", "3.1%", True)
    (late,) = parse_labs(ANSWERS | {"now": "2026-11-20T10:22:00+01:00"})
    assert late.is_busy is False
    (unknown,) = parse_labs(ANSWERS | {"hub": "", "taken": ""})
    assert (unknown.is_busy, unknown.memory) == (None, "")


def test_a_container_that_is_missing_stopped_or_ill_is_said_with_the_next_step() -> None:
    ill = services(proxy=STATE | {"Running": False}, hub=STATE | {"Health": {"Status": "starting"}})
    found = {it.name: it.health for it in parse_services(ANSWERS | {"services": ill})}
    assert found == {"registry": "missing", "proxy": "stopped", "hub": "starting"}
    (sentence,) = findings(state(services=ill))
    assert sentence.startswith(
        "Not healthy: registry (missing), proxy (stopped) and hub (starting). inv deploy"
    )


def test_an_engine_that_does_not_answer_is_the_only_thing_said_of_the_stack() -> None:
    down = {"engine_state": "inactive\nenabled", "services": "", "versions": "", "labs": ""}
    engine = parse_engine(ANSWERS | down)
    assert (engine.is_active, engine.is_enabled, engine.version) == (False, True, "")
    assert list(findings(state(**down))) == ["Docker Engine does not answer: inv deploy starts it"]
    assert "engine    does not answer" in list(page.lines(state(**down)))


def test_a_bare_host_is_one_finding() -> None:
    bare = {"engine_state": "inactive", "services": "", "versions": "", "labs": "", "deployed": ""}
    plan = Change("Install Docker Engine", (run("true"),))
    assert list(findings(state(plan, **bare))) == ["Nothing is deployed here yet: inv deploy"]


def test_drift_is_what_a_deploy_would_do() -> None:
    plan = [Change(f"Do {number}", (run("true"),)) for number in range(7)]
    (sentence,) = findings(state(*plan))
    assert "inv deploy would:\n    Do 0\n" in sentence
    assert sentence.endswith("    Do 4\n    … and 2 more")


def test_a_full_disk_little_memory_and_a_share_that_is_away() -> None:
    found = state(disks="95 5 /\n10 90 /data", load=LOAD.replace("16777216", "16777"))
    found = replace(found, shares=(Share("data", "/mnt/data", False),))
    assert [sentence.partition(":")[0] for sentence in findings(found)] == [
        "/ is 95% full",
        "Nearly all memory is taken",
        "data (/mnt/data) cannot be read",
    ]
    assert list(page.verdict(["a", "b"])) == ["✗ 2 things need attention:", "  a", "  b"]


def test_a_certificate_is_a_line_and_one_that_ends_is_a_finding() -> None:
    ends = replace(state(), certificate=Certificate("The certificate ends soon.", False))
    assert list(findings(ends)) == ["The certificate ends soon."]
    assert "https     The certificate ends soon." in list(page.lines(ends))


def test_a_machine_without_a_registry_has_nothing_of_it() -> None:
    assert parse_machine(ANSWERS | {"sizes": ""}).fills == {}


def test_the_labs_of_a_folder(tmp_path: Path) -> None:
    for name in (".env", ".env.b", ".env.a", ".env.example", "env"):
        (tmp_path / name).touch()
    (tmp_path / ".env.folder").mkdir()
    assert envfile.labs(tmp_path) == ["", "a", "b"]
