"""Scripts are run by a real bash, without root: the framing is what is tested here."""

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ops.errors import ConnectError, FactError, LockError, OperationError
from ops.plan import script
from ops.plan.command import (
    Change,
    Here,
    Hold,
    Plan,
    Secret,
    Shell,
    Upload,
    redact,
    render_step,
    run,
    secrets_of,
)
from ops.plan.framing import (
    Done,
    Event,
    Ours,
    Overtaken,
    Printed,
    Started,
    Waiting,
    read_answers,
    read_changes,
)
from ops.plan.question import Answers, Question, Questions, lines, plain
from ops.plan.script import ANY_TURN, Order, lock_file, render_changes, render_questions
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


def apply(*plan: Change, questions: Questions = ()) -> tuple[list[Event], Answers]:
    events: list[Event] = []
    lines = bash(render_changes(plan, questions, ORDER, ANY_TURN, NONCE))
    answers = read_changes(lines, plan, NONCE, "host", events.append)
    assert answers is not None
    return events, answers


def test_answers_come_back_by_their_keys_whatever_they_hold() -> None:
    odd = 'a\'b "c" $(id) `x` \\ ü'
    one = Question("one", "printf 'a\\n\\nb'", plain)
    two = Question("two", 'printf %s "$1"', plain, (odd,))
    eats = Question("eats", "cat; echo done", lines)
    answers = ask(one, two, eats)
    assert answers[one] == "a\n\nb" and answers[two] == odd and answers[eats] == ["done"]


def ask(*questions: Question[Any]) -> Answers:
    return read_answers(bash(render_questions(questions, NONCE)), NONCE, "host")


@pytest.mark.parametrize(
    ("piece", "status", "said"),
    [
        ("echo half; exit 3", 3, "it printed nothing"),
        ("ls /nowhere; echo never", 2, "/nowhere"),
        ("false | cat", 1, "it printed nothing"),
        ("echo 'the first' >&2; echo 'the cause' >&2; exit 1", 1, "the cause. Mend that"),
        ("printf 'gone\\r\\n' >&2; exit 1", 1, "gone. Mend that"),
        ("kill -9 $BASHPID", 137, "it printed nothing"),
        ("nobody_knows_this", 127, "command not found"),
        ("echo x; fi", 2, "syntax error"),
    ],
)
def test_a_question_that_failed_is_no_empty_answer(piece: str, status: int, said: str) -> None:
    question, other = Question("homes", piece, plain), Question("other", "echo x", plain)
    answers = ask(question, other)
    with pytest.raises(FactError, match=rf"host could not .* homes \(exit status {status}\)") as it:
        answers[question]
    assert said in str(it.value)
    assert answers[other] == "x"


def test_what_a_question_complains_of_is_no_failure() -> None:
    question = Question("homes", "printf 'careful\\r\\n' >&2; echo fine", plain)
    assert ask(question)[question] == "fine"


def test_an_answer_that_did_not_arrive_is_an_error() -> None:
    with pytest.raises(FactError, match="host could not be asked about its homes"):
        ask()[Question("homes", "true", plain)]


def test_an_answer_that_nobody_understands_is_told_of_its_host() -> None:
    question = Question("homes", "echo forty", int)
    with pytest.raises(
        FactError, match="host told of its homes what cannot be understood: 'forty'"
    ):
        ask(question)[question]


def test_a_script_that_was_cut_anywhere_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "touched"
    plan = (Change("Touch", (run("touch", str(path)),)),)
    text = render_changes(plan, (), ORDER, ANY_TURN, NONCE)
    for end in range(0, len(text) - len("labhub\n"), 7):
        bash(text[:end])
    assert not path.exists()
    bash(text)
    assert path.exists()


def test_changes_are_reported_as_they_happen_and_audited(folders: Path) -> None:
    plan = (Change("Say it's so", (run("echo", "so"),)), Change("Nothing", ()))
    question = Question("q", "echo x", plain)
    events, answers = apply(*plan, questions=(question,))
    assert events == [Started(0), Printed("so"), Done(0), Started(1), Done(1)]
    assert answers[question] == "x"
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
    turn = ask().turn
    with subprocess.Popen(["flock", "--no-fork", str(lock), "sleep", "3600"]) as holder:
        _wait_for_lock(lock)
        with subprocess.Popen(
            ["bash", "-s"], text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as session:
            assert session.stdin and session.stdout
            session.stdin.write(render_changes(plan, (), replace(ORDER, wait=True), turn, NONCE))
            session.stdin.close()
            lines = [session.stdout.readline().rstrip("\n")]
            holder.kill()
            lines += session.stdout.read().splitlines()
    assert read_changes(lines, plan, NONCE, "host", events.append) is None
    assert events == [Waiting("she@desk")]
    assert not (folders / "never").exists()


def change(plan: Plan, turn: str, events: list[Event], nonce: str = NONCE) -> Answers | None:
    lines = bash(render_changes(plan, (), ORDER, turn, nonce))
    return read_changes(lines, plan, nonce, "host", events.append)


def test_a_plan_that_is_older_than_anothers_change_is_not_applied(folders: Path) -> None:
    plan = (Change("Write", (run("touch", f"{folders}/written"),)),)
    never = (Change("Never", (run("touch", f"{folders}/never"),)),)
    events: list[Event] = []
    before = ask().turn
    assert change(plan, before, events, "beef") is not None
    events.clear()
    assert change(never, before, events) is None
    (overtaken,) = events
    assert isinstance(overtaken, Overtaken) and overtaken.is_finished
    assert "me@laptop, inv deploy, since" in overtaken.by
    assert not (folders / "never").exists()
    assert change(plan, ask().turn, events) is not None


def test_a_plan_made_while_another_changes_is_not_applied(folders: Path) -> None:
    # Its own facts are read by the changing session's step: in the midst of the change.
    asked = folders / "asked"
    asked.write_text(render_questions((), NONCE))
    read = Shell("ask", 'bash "$1" > "$1.answers"', (str(asked),))
    assert change((Change("Ask", (read,)),), ask().turn, [], "beef") is not None
    turn = read_answers((folders / "asked.answers").read_text().splitlines(), NONCE, "x").turn
    assert turn == "beef changing"
    assert change((Change("Never", (run("touch", f"{folders}/never"),)),), turn, []) is None
    assert not (folders / "never").exists()


def test_a_change_that_broke_off_costs_the_next_one_new_facts_once(folders: Path) -> None:
    plan = (Change("Break off", (Shell("kill", "kill -9 $PPID"),)),)
    bash(render_changes(plan, (), ORDER, ask().turn, "beef"))
    turn = ask().turn
    assert turn == "beef changing"
    plan = (Change("Write", (run("touch", f"{folders}/written"),)),)
    events: list[Event] = []
    assert change(plan, turn, events) is None
    (overtaken,) = events
    assert isinstance(overtaken, Overtaken) and not overtaken.is_finished
    assert change(plan, ask().turn, []) is not None


def test_a_change_that_failed_leaves_a_turn_of_its_own(folders: Path) -> None:
    plan = (Change("Fail", (run("false"),)),)
    before = ask().turn
    with pytest.raises(OperationError):
        change(plan, before, [], "beef")
    assert ask().turn == "beef"


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


# --- what the operator's machine does, and locks besides -----------------------------------------

OURS = Here("do it", lambda _: "")
WITH_US = (
    Change("Send", (OURS,)),
    Change("Go on", (run("echo", "went on"), OURS)),
)


def meet(words: Sequence[str], plan: Plan = WITH_US, order: Order = ORDER) -> list[Event]:
    """Run a plan whose host hears these words from us, one for each part of ours."""
    events: list[Event] = []
    text = render_changes(plan, (), order, ANY_TURN, NONCE) + "".join(f"{it}\n" for it in words)
    read_changes(bash(text), plan, NONCE, "host", events.append)
    return events


def test_the_host_waits_for_our_part_and_notes_what_came_of_it(folders: Path) -> None:
    events = meet([".", ".", "done as sha256:1", "done"])
    assert events == [
        *(Started(0), Ours(OURS), Done(0, "as sha256:1")),
        *(Started(1), Printed("went on"), Ours(OURS), Done(1)),
    ]
    audit = (folders / "log/audit.log").read_text()
    assert "Send (as sha256:1)" in audit and audit.endswith("Go on\n")


@pytest.mark.parametrize("words", [["failed"], ["."], [], ["garbage"]])
def test_where_our_part_fails_or_we_are_lost_the_change_has_failed(
    folders: Path, words: list[str]
) -> None:
    with pytest.raises(OperationError, match="this failed: Send"):
        meet(words)
    assert "failed (1)" in (folders / "log/audit.log").read_text()
    assert "changing" not in (folders / "run/host.lock").read_text()


def test_a_plan_that_others_have_overtaken_ends_before_it_begins(folders: Path) -> None:
    events = meet(["overtaken another push was quicker"])
    assert events == [Started(0), Ours(OURS), Overtaken("another push was quicker", True)]
    assert "failed" not in (folders / "log/audit.log").read_text()


def test_a_lock_besides_is_had_until_the_end_alone_or_with_others(folders: Path) -> None:
    lock = lock_file("registry")
    free = ("flock", "--nonblock", "--exclusive", lock, "true")
    shared = ("flock", "--nonblock", "--shared", lock, "true")
    for is_shared, others in ((True, shared), (False, None)):
        plan = (
            Change("Hold", (Hold(lock, is_shared),)),
            Change("Try alone", (run(*free),)),
        )
        with pytest.raises(OperationError, match="this failed: Try alone"):
            apply(*plan)
        if others:
            apply(plan[0], Change("Try together", (run(*others),)))
    apply(Change("Free again", (run(*free),)))


# Holds a lock until somebody waits for it.
HELD = 'until grep -q "^[0-9]*: -> FLOCK .*:$(stat -c %i "$1") " /proc/locks; do sleep 0.05; done'


def test_the_rest_of_a_lost_task_of_ones_own_is_waited_for(folders: Path) -> None:
    mine = f"{ORDER.who}, inv {ORDER.task}, since 2026-11-30 12:00:00"
    with held(mine):
        events, _ = apply(Change("Go", (run("true"),)))
    assert events == [Waiting(mine, is_own=True), Started(0), Done(0)]
    with held(mine.replace("deploy", "push")), pytest.raises(LockError, match="inv push"):
        apply(Change("Go", (run("true"),)))


@contextmanager
def held(holder: str) -> Iterator[None]:
    lock = Path(lock_file("host"))
    lock.parent.mkdir(exist_ok=True)
    lock.write_text(f"{holder}\nturn changing\n")
    with subprocess.Popen(["flock", lock, "bash", "-c", HELD, "held", lock]) as rest:
        until(lambda: not is_free(lock), "The rest of a task has the lock", pause=0.01)
        yield
        # Where nobody has waited.
        subprocess.run(["flock", "--timeout", "0.5", lock, "true"], check=False)
        rest.wait()


def is_free(lock: Path) -> bool:
    return subprocess.run(["flock", "--nonblock", lock, "true"], check=False).returncode == 0
