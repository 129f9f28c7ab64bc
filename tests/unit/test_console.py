"""What a task prints where nobody watches: a log file, a pipe."""

import pytest

from ops import console
from ops.plan.command import Change
from ops.plan.framing import Done, Printed, Shown, Started

PLAN = (Change("Send it", ()), Change("Build it", ()))


def test_a_log_file_tells_now_and_then_how_far_a_long_change_is(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr("ops.console.time.monotonic", lambda: now[0])
    with console.ChangeProgress(PLAN).shown() as progress:
        progress(Started(1))
        for second in range(95):
            now[0] = second
            progress(Printed(f"#5 line {second}"))
            progress(Shown(""))
        progress(Done(1))
    assert capsys.readouterr().out.splitlines() == [
        "… 2/2 Build it, for 30 s: #5 line 30",
        "… 2/2 Build it, for 60 s: #5 line 60",
        "… 2/2 Build it, for 90 s: #5 line 90",
        "✓ Build it  94.0 s",
    ]
