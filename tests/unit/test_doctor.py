from pathlib import Path

import pytest

from ops.doctor import here, there
from ops.doctor.walk import examine
from ops.findings import Finding, Level, has_problem, lines, notice, problem, right, verdict
from ops.remote.command import Change, Secret, run
from ops.settings.config import parse
from tests.unit.test_status import ANSWERS as STATUS
from tests.unit.test_status import state

CONFIG = parse("LAB_HOST=lab\nHUB_URL=http://lab", ".env", {})
ANSWERS = STATUS | {
    "names": "mirror.example.org\n10.0.0.1 STREAM",
    "inodes": " 12% /",
    "listeners": '80 LISTEN 0 4096 0.0.0.0:80 0.0.0.0:* users:(("docker-proxy",pid=7,fd=4))\n'
    "80 container labhub-proxy",
}
CLOCK = there.Clock(1000, 1001)


def found(
    answers: dict[str, str] | None = None, *plan: Change, at: float = 1000.5
) -> dict[str, Finding]:
    """Return what is not right on a host whose clock says this, by its link."""
    answers = answers or {}
    said = ANSWERS | answers | {"clock": str(at)}
    links = there.links(CONFIG, state(*plan, **answers), said, CLOCK)
    return {it.link: it for it in links if it.level is not Level.RIGHT}


def test_a_host_on_which_all_is_right() -> None:
    assert found() == {}


@pytest.mark.parametrize(
    ("link", "answers", "said", "mend"),
    [
        ("disk", {"disks": "95 5 /"}, "/ is 95% full", "inv prune"),
        ("disk", {"inodes": " 99% /"}, "99 % of its files' places", "many files"),
        ("names", {"names": "mirror.example.org"}, "cannot find mirror.example.org", "resolv.conf"),
        ("engine", {"engine_state": "inactive\nenabled"}, "does not answer", "inv deploy"),
        ("engine", {"engine_state": "active\ndisabled\n26.1"}, "not started at boot", "inv deploy"),
        ("registry", {"services": ""}, "missing", "inv logs --service registry; inv deploy"),
        (
            "ports",
            {"listeners": '80 LISTEN 0 9 *:80 *:* users:(("apache2",pid=12,fd=4))'},
            "port 80 is taken by apache2 (process 12)",
            "set HUB_PORT",
        ),
    ],
)
def test_what_is_wrong_comes_with_what_mends_it(
    link: str, answers: dict[str, str], said: str, mend: str
) -> None:
    it = found(answers)[link]
    assert it.level is Level.PROBLEM
    assert said in it.said and mend in it.mend


@pytest.mark.parametrize(
    ("host", "said"),
    [
        (1000.5 + 86_400, "is 24 hours ahead of this machine's"),
        (1000.5 - 3 * 86_400, "is 3 days behind this machine's"),
        (1000.5 + 150, "is 2 minutes ahead"),
    ],
)
def test_a_clock_that_is_off(host: float, said: str) -> None:
    it = found(at=host)["clock"]
    assert said in it.said and "set-ntp" in it.mend


def test_the_time_that_the_question_takes_is_no_offset() -> None:
    clock = there.Clock(100, 160)
    assert clock.offset(130) == 0
    assert clock.offset(170) == 10
    assert clock.offset(90) == -10


def test_where_nothing_is_deployed_that_is_no_problem() -> None:
    bare = {"engine_state": "inactive", "services": "", "versions": "", "labs": "", "deployed": ""}
    it = found(bare)
    assert set(it) == {"hub"}
    assert (it["hub"].level, it["hub"].mend) == (Level.NOTICE, "inv deploy")


def test_drift_is_a_notice() -> None:
    it = found({}, Change("Do it", (run("true"),)))["settings"]
    assert it.level is Level.NOTICE and it.said.endswith("in 1: Do it")


def test_programs_that_are_missing_and_an_env_file_for_all(tmp_path: Path) -> None:
    assert here.programs(["ssh", "git"]).mend == "sudo apt install openssh-client git"
    assert here.programs([]).level is Level.RIGHT
    path = tmp_path / ".env.lab"
    (absent,) = here.env_file(path)
    assert absent.level is Level.RIGHT
    path.touch(0o644)
    (open_to_all,) = here.env_file(path)
    assert (open_to_all.level, open_to_all.mend) == (Level.NOTICE, "chmod 600 .env.lab")
    path.chmod(0o600)
    assert next(here.env_file(path)).level is Level.RIGHT


def test_a_finding_is_a_line_and_what_mends_it_another() -> None:
    assert list(lines(right("SSH", "answers"))) == ["✓ SSH           answers"]
    assert list(lines(problem("SSH", "no\nmore", "do"))) == [
        "✗ SSH           no",
        "                more",
        "                → do",
    ]


def test_the_verdict_counts() -> None:
    fine, bad, look = right("a", ""), problem("b", "", ""), notice("c", "", "")
    assert verdict([fine]) == "✓ Nothing is wrong."
    assert verdict([fine, look]) == "✓ Nothing is wrong. 1 to look at when there is time."
    assert verdict([bad]) == "✗ One thing is wrong."
    assert verdict([bad, bad]) == "✗ 2 things are wrong."
    assert has_problem([fine, bad]) and not has_problem([fine, look])


def test_mistakes_in_env_end_the_chain(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / ".env").write_text("HUB_PORT=often\n")

    def nobody(prompt: str) -> Secret:
        raise AssertionError(prompt)

    assert not examine(tmp_path, {}, nobody, as_json=False)
    said = capsys.readouterr().out
    assert "✗ .env          The configuration is not valid:" in said
    assert "HUB_PORT: should be a whole number" in said and "✗ One thing is wrong." in said
