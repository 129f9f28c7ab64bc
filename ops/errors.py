"""The errors that end a task: each is one clear sentence with the next step, never a traceback."""

from collections.abc import Sequence


class OpsError(Exception):
    """Say what failed, on which host, and what to do next."""


class ConfigError(OpsError):
    """Mistakes in `.env`, all of them at once."""


class UsageError(OpsError):
    """An argument of a task that cannot be right, found before any connection."""


class ConnectError(OpsError):
    """No session on the host: wrong address, unknown host key, refused login, no sudo."""


class FactError(OpsError):
    """The host could not answer a question, or in no way that can be understood."""


class OperationError(OpsError):
    """A change failed, or what is wanted cannot be made of this host."""


class StepError(OperationError):
    """A step of a change failed; `printed` is all that its change had printed."""

    def __init__(self, sentence: str, printed: Sequence[str]) -> None:
        super().__init__(sentence)
        self.printed = tuple(printed)


class LockError(OpsError):
    """Another operator is changing the host at this moment."""


class OvertakenError(OpsError):
    """What a change was made from is not so any more: the plan is to be made anew."""


class SourceError(OpsError):
    """The analysis package cannot be fetched at the wanted tag."""
