"""What ends a backup or a restore: one sentence with the next step."""

import errno


class BackupError(Exception):
    """Say what failed, and what to do next."""


class ForeignError(BackupError):
    """The file is no backup that this tool can read."""


class DamagedError(BackupError):
    """The file is a backup that is not as it was written."""


def sentence(error: OSError, what: str) -> str:
    """Say what an error of the system means for a backup."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"There is no room left for {what}. Free some space, then run the task again"
    return f"{what} failed: {error.strerror or error}"
