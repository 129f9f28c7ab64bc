"""The hub's database: JupyterHub would end in a traceback, again and again, where it is damaged."""

import sqlite3
import sys
from contextlib import closing
from pathlib import Path


def require_whole(path: Path) -> None:
    """End the hub in one sentence where its database is none."""
    if not path.exists():
        return
    try:
        with closing(sqlite3.connect(path, timeout=30)) as database:
            (found,) = database.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.OperationalError:
        # Locked, say: that is no damage, and JupyterHub tells.
        return
    except sqlite3.DatabaseError as error:
        found = str(error)
    if found != "ok":
        sys.exit(
            f"The hub's database is damaged ({found}). inv restore --from FILE --force brings back "
            "that of a backup; passwords and homes are not in it, and stay."
        )
