"""Scripts are run by a real bash, without root: the framing is what is tested here."""

import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ops.errors import ConnectError, LockError, OperationError
from ops.remote import script
from ops.remote.command import (
    Change,
    Secret,
    Shell,
    Upload,
    redact,
    render_step,
    run,
    run_attended,
    secrets_of,
)
from ops.remote.framing import (
    Done,
    Event,
    Printed,
    Started,
    Waiting,
    read_answers,
    read_changes,
    read_held,
)
from ops.remote.script import Lock, Order, Question, render_changes, render_hold, render_questions

NONCE = "f00d"
ORDER = Order("deploy", "me@laptop")


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(script, "AUDIT_LOG", f"{tmp_path}/log/audit.log")
    monkeypatch.setattr(script, "LOCK_FOLDER", f"{tmp_path}/run")
    return tmp_path


def bash(text: str) -> list[str]:
    # A session has one stream for what is said and what is complained of.
    command = ["bash", "-c", "exec bash -s 2>&1"]
    done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=20)
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


def test_what_a_question_complains_of_is_no_answer() -> None:
    asked = [Question(key, 'echo "not found: $1" >&2; echo yes', (key,)) for key in ("a", "b")]
    lines = bash(render_questions(asked, NONCE))
    assert dict(read_answers(lines, NONCE, "host")) == {"a": "yes", "b": "yes"}


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
    apply(Change("Stay", (Shell("", "sleep 0.5 >/dev/null 2>&1 &"),)))
    assert subprocess.run(still).returncode == 1
    subprocess.run(("flock", *still[2:]), check=True, timeout=5)


def test_who_has_waited_makes_the_plan_anew(folders: Path) -> None:
    (folders / "run").mkdir()
    lock = folders / "run" / "host.lock"
    lock.write_text("she@desk\n")
    plan = (Change("Never", (run("touch", f"{folders}/never"),)),)
    events: list[Event] = []
    with subprocess.Popen(["flock", str(lock), "sleep", "0.5"]):
        _wait_for_lock(lock)
        lines = bash(render_changes(plan, (), replace(ORDER, wait=True), NONCE))
    assert read_changes(lines, plan, NONCE, "host", events.append) is None
    assert events == [Waiting("she@desk")]
    assert not (folders / "never").exists()


def test_a_second_operator_is_told_who_holds_the_lock(folders: Path) -> None:
    (folders / "run").mkdir()
    lock = folders / "run" / "host.lock"
    lock.write_text("she@desk, inv push, since 2026-11-23 10:00:00\n")
    with subprocess.Popen(["flock", str(lock), "sleep", "9"]) as holder:
        _wait_for_lock(lock)
        try:
            with pytest.raises(LockError, match="she@desk, inv push, since 2026-11-23"):
                apply(Change("Never", (run("touch", f"{folders}/never"),)))
        finally:
            holder.kill()
    assert not (folders / "never").exists()


def _wait_for_lock(lock: Path) -> None:
    for _ in range(100):
        if subprocess.run(["flock", "-n", str(lock), "true"]).returncode:
            return
    raise AssertionError("the lock was never taken")


def hold(
    folders: Path, *locks: Lock, wait: bool = False, at_end: tuple[Shell, ...] = ()
) -> subprocess.Popen[str]:
    """Start a session that holds locks; it is ended by closing its input, or by a line on it."""
    order = Order("push", "me@laptop", locks, wait)
    text = render_hold((Question("q", "echo x"),), order, at_end, NONCE)
    pipe = subprocess.PIPE
    process = subprocess.Popen(["bash", "-s"], stdin=pipe, stdout=pipe, text=True)
    assert process.stdin
    process.stdin.write(text)
    process.stdin.flush()
    return process


def held(process: subprocess.Popen[str]) -> dict[str, str]:
    assert process.stdout
    return dict(read_held(map(str.rstrip, process.stdout), NONCE, "host", lambda event: None))


def is_free(folders: Path, name: str, how: str = "--exclusive") -> bool:
    lock = f"{folders}/run/{name}.lock"
    return not subprocess.run(["flock", "--nonblock", how, lock, "true"]).returncode


@pytest.mark.parametrize("way", ["a line", "a lost connection"])
def test_locks_are_held_until_the_session_ends_and_then_all_is_tidied(
    folders: Path, way: str
) -> None:
    tidy = Shell("", f"touch {folders}/tidied")
    with hold(folders, Lock("tag"), Lock("registry", shared=True), at_end=(tidy,)) as process:
        assert held(process) == {"q": "x"}
        assert not is_free(folders, "tag") and not is_free(folders, "registry")
        assert is_free(folders, "registry", "--shared")
        assert not (folders / "tidied").exists()
        process.communicate("\n" if way == "a line" else None, timeout=5)
    assert is_free(folders, "tag") and is_free(folders, "registry")
    assert (folders / "tidied").exists()


def test_who_shares_a_lock_is_in_the_way_of_who_wants_it_alone(folders: Path) -> None:
    shared, alone = Lock("registry", shared=True), Lock("registry")
    with hold(folders, shared) as one, hold(folders, shared) as two:
        assert held(one) == held(two) == {"q": "x"}
        with hold(folders, alone) as third, pytest.raises(LockError, match="me@laptop, inv push"):
            held(third)
        one.communicate(timeout=5)
        with hold(folders, alone, wait=True) as third:
            two.communicate(timeout=5)
            assert held(third) == {"q": "x"}
            third.communicate(timeout=5)


def test_an_attended_step_ends_with_its_session(folders: Path) -> None:
    change = Change(
        "Build", (run_attended("bash", "-c", f"sleep 30 & echo $! >{folders}/pid; wait"),)
    )
    text = render_changes((change,), (), Order("push", "me", ()), NONCE)
    process = subprocess.Popen(["bash", "-s"], stdin=subprocess.PIPE, text=True)
    assert process.stdin
    process.stdin.write(text)
    process.stdin.flush()
    while not (folders / "pid").is_file() or not (folders / "pid").read_text():
        assert process.poll() is None
    began = time.monotonic()
    process.communicate(timeout=10)
    assert time.monotonic() - began < 5
    subprocess.run(["kill", (folders / "pid").read_text().strip()])


def test_an_attended_step_says_how_it_ended_and_reads_nothing(folders: Path) -> None:
    steps = (run_attended("cat"), run_attended("echo", "it's $HOME"), run_attended("false"))
    plan = (Change("Build", steps),)
    text = render_changes(plan, (), Order("push", "me", ()), NONCE)
    with subprocess.Popen(["bash", "-s"], stdin=-1, stdout=-1, text=True) as process:
        assert process.stdin and process.stdout
        process.stdin.write(text)
        process.stdin.flush()
        events: list[Event] = []
        with pytest.raises(OperationError, match="command: false\n  exit status 1"):
            read_changes(map(str.rstrip, process.stdout), plan, NONCE, "host", events.append)
    assert events == [Started(0), Printed("it's $HOME")]


def test_a_connection_lost_before_the_end_is_an_error() -> None:
    plan = (Change("A", ()), Change("B", ()))
    lines = [f"#{NONCE} start 0", f"#{NONCE} done 0", f"#{NONCE} start 1"]
    with pytest.raises(ConnectError, match="lost after 1 of 2 changes"):
        read_changes(lines, plan, NONCE, "host", lambda event: None)
    with pytest.raises(ConnectError, match="nothing was changed"):
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
