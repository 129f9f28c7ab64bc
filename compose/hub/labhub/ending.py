"""Why a lab ended that nobody stopped, in one sentence for its member."""

from collections.abc import Mapping
from typing import Any

from .limits import Limits, describe_memory

KILLED = 137
"""The status of a container whose main program got a SIGKILL: the kernel's, or the engine's."""

LOST = 255
"""The status that the engine gives to a container that it has lost, as in a power cut."""

BY_REQUEST = (0, 143)
"""It was shut down from JupyterLab, had been idle for long, or was asked to end."""

STAYS = "Your files stay as they were saved; what was only in memory is lost."


def why_ended(state: Mapping[str, Any], limits: Limits) -> str:
    """Say it by the state of the ended container; nothing where it ended as it should."""
    status = state.get("ExitCode", 0)
    if status in BY_REQUEST:
        return ""
    # The engine remembers every kernel that was ever killed for memory; the lab goes on then.
    if status == KILLED and state.get("OOMKilled"):
        return (
            f"Your lab had taken all of its {describe_memory(limits.memory)} and was ended. "
            f"{STAYS} Load less at a time, or ask the operator for more memory."
        )
    if status in (KILLED, LOST):
        return (
            "Your lab was ended from outside: the server was restarted, or had no memory left. "
            + STAYS
        )
    return (
        f"Your lab ended by an error (exit status {status}): start it again, and tell the operator "
        f"if that happens once more. {STAYS}"
    )
