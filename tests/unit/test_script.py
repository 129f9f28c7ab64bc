"""Scripts are run by a real bash, without root: the framing is what is tested here."""

import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ops import script
from ops.command import Change, Secret, Shell, Upload, redact, render_step, run, secrets_of
from ops.errors import ConnectError, LockError, OperationError
from ops.framing import Done, Event, Printed, Started, Waiting, read_answers, read_changes
from ops.script import Order, Question, render_changes, render_questions
from sandbox.patience import SILENCE, until

NONCE = "f00d"
ORDER = Order("deploy", "me@laptop")


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(script, "AUDIT_LOG", f"{tmp_path}/log/audit.log")
    monkeypatch.setattr(script, "LOCK_FOLDER", f"{tmp_path}/run")
    return tmp_path


def bash(text: str) -> list[str]:
    done = subprocess.run(
        ["bash", "-s"], input=text, capture_output=True, text=True, timeout=SILENCE
    )
    return done.stdout.splitlines()


def apply(
    *plan: Change, questions: tuple[Question, ...] = ()
) -> tuple[list[Event], dict[str, str]]:
    events: list[Event] = []
    lines = bash(render_changes(plan, questions, ORDER, NONCE))
    answers = read_changes(lines, plan, NONCE, "host", events.append)
    assert answers is not None
    return events, dict(answers)


def test_answers_come_back_by_their_keys_whatever_they_hold() -> None:
    odd = 'a\'b "c" $(id) `x` \\ ü'
    questions = (
        Question("one", "printf 'a\\n\\nb'"),
        Question("two", 'printf %s "$1"', (odd,)),
        Question("fails", "exit 3"),
        Question("eats", "cat; echo done"),
    )
    answers = read_answers(bash(render_questions(questions, NONCE)), NONCE, "host")
    assert answers == {"one": "a\n\nb", "two": odd, "fails": "", "eats": "done"}


def test_a_script_that_was_cut_anywhere_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "touched"
    text = render_changes((Change("Touch", (run("touch", str(path)),)),), (), ORDER, NONCE)
    for end in range(0, len(text) - len("labhub\n"), 7):
        bash(text[:end])
    assert not path.exists()
    bash(text)
    assert path.exists()


def test_changes_are_reported_as_they_happen_and_audited(folders: Path) -> None:
    plan = (Change("Say it's so", (run("echo", "so"),)), Change("Nothing", ()))
    events, answers = apply(*plan, questions=(Question("q", "echo x"),))
    assert events == [Started(0), Printed("so"), Done(0), Started(1), Done(1)]
    assert answers == {"q": "x"}
    audit = (folders / "log/audit.log").read_text().splitlines()
    assert [line.split("\t")[1:] for line in audit] == [
        ["me@laptop", "inv deploy", "done", "Say it's so"],
        ["me@laptop", "inv deploy", "done", "Nothing"],
    ]


def test_a_failure_names_its_change_its_command_and_its_last_lines(folders: Path) -> None:
    steps = (run("echo", "before"), Shell("say why", "echo because >&2; exit 7"), run("echo", "no"))
    with pytest.raises(OperationError) as caught:
        apply(Change("First", ()), Change("Break", steps), Change("Never", (run("echo", "no"),)))
    message = str(caught.value)
    assert "On host this failed: Break" in message
    assert "command: say why" in message
    assert "exit status 7" in message
    assert "before\n    because" in message
    assert "no\n" not in message
    assert "failed (7)\tBreak" in (folders / "log/audit.log").read_text()


def test_a_step_does_not_read_the_rest_of_the_script() -> None:
    events, _ = apply(Change("Eat", (run("cat"),)), Change("Say", (run("echo", "still here"),)))
    assert Printed("still here") in events


def test_a_step_that_outlives_its_session_keeps_the_lock(folders: Path) -> None:
    still = ("flock", "-n", f"{folders}/run/host.lock", "true")
    stay = f"until [ -e {folders}/enough ]; do sleep 0.05; done >/dev/null 2>&1 &"
    apply(Change("Stay", (Shell("", stay),)))
    try:
        assert subprocess.run(still).returncode == 1
    finally:
        (folders / "enough").touch()
    until(lambda: subprocess.run(still).returncode == 0, "The step ends, and its lock")


def test_who_has_waited_makes_the_plan_anew(folders: Path) -> None:
    (folders / "run").mkdir()
    lock = folders / "run" / "host.lock"
    lock.write_text("she@desk\n")
    plan = (Change("Never", (run("touch", f"{folders}/never"),)),)
    events: list[Event] = []
    with subprocess.Popen(["flock", "--no-fork", str(lock), "sleep", "3600"]) as holder:
        _wait_for_lock(lock)
        with subprocess.Popen(
            ["bash", "-s"], text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as session:
            assert session.stdin and session.stdout
            session.stdin.write(render_changes(plan, (), replace(ORDER, wait=True), NONCE))
            session.stdin.close()
            lines = [session.stdout.readline().rstrip("\n")]
            holder.kill()
            lines += session.stdout.read().splitlines()
    assert read_changes(lines, plan, NONCE, "host", events.append) is None
    assert events == [Waiting("she@desk")]
    assert not (folders / "never").exists()


def test_a_second_operator_is_told_who_holds_the_lock(folders: Path) -> None:
    (folders / "run").mkdir()
    lock = folders / "run" / "host.lock"
    lock.write_text("she@desk, inv push, since 2026-11-23 10:00:00\n")
    with subprocess.Popen(["flock", "--no-fork", str(lock), "sleep", "3600"]) as holder:
        _wait_for_lock(lock)
        try:
            with pytest.raises(LockError, match="she@desk, inv push, since 2026-11-23"):
                apply(Change("Never", (run("touch", f"{folders}/never"),)))
        finally:
            holder.kill()
    assert not (folders / "never").exists()


def _wait_for_lock(lock: Path) -> None:
    is_free = ["flock", "-n", str(lock), "true"]
    until(lambda: subprocess.run(is_free).returncode, "The lock is taken", pause=0.01)


def test_a_connection_lost_before_the_end_is_an_error() -> None:
    plan = (Change("A", ()), Change("B", ()))
    lines = [f"#{NONCE} start 0", f"#{NONCE} done 0", f"#{NONCE} start 1"]
    with pytest.raises(ConnectError, match="lost after 1 of 2 changes"):
        read_changes(lines, plan, NONCE, "host", lambda event: None)
    with pytest.raises(ConnectError, match="nothing changed"):
        read_answers([f"#{NONCE} fact x", "1"], NONCE, "host")


def test_what_a_command_prints_cannot_be_taken_for_a_mark() -> None:
    events, _ = apply(Change("Lie", (run("echo", "#beef done 0"),)))
    assert Printed("#beef done 0") in events


@pytest.fixture
def nasty() -> Iterator[str]:
    yield 'it\'s $HOME `id` "x" \\n\n%s ü\t#END'


def test_an_upload_arrives_to_the_letter_with_its_mode(tmp_path: Path, nasty: str) -> None:
    import getpass

    path = tmp_path / "new" / "file"
    owner = f"{getpass.getuser()}:"
    upload = Upload(str(path), nasty, "0600", f"{owner}{tmp_path.group()}")
    bash(render_step(upload))
    assert path.read_text() == nasty
    assert path.stat().st_mode & 0o777 == 0o600
    assert [p.name for p in path.parent.iterdir()] == ["file"]


def test_arguments_and_input_are_quoted(nasty: str) -> None:
    assert "\n".join(bash(render_step(run("printf", "%s", nasty)))) == nasty
    assert "\n".join(bash(render_step(run("cat", stdin=Secret(nasty))))) == nasty


def test_secrets_are_in_no_argv_and_struck_out_of_what_is_printed() -> None:
    change = Change("x", (run("cat", stdin=Secret("hunter2")), Upload("/f", Secret("pa ss"))))
    assert "hunter2" not in repr(change) and "pa ss" not in repr(change)
    assert secrets_of((change,)) == ("hunter2", "pa ss")
    assert redact("say hunter2", secrets_of((change,))) == "say [REDACTED]"
