"""Do on the host what a request says: ``python3 -m labhub_backup < request.json``.

The request comes on the standard input, as it holds the passphrase. What fails is one sentence on
the standard error, and exit code 1.
"""

import json
import os
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from .crypt import encrypted
from .errors import BackupError, sentence
from .files import name_of, remove_surplus, store, verify
from .parts import write_backup
from .put import restore


def _take(request: Mapping[str, Any], out: IO[bytes]) -> None:
    with encrypted(out, request["passphrase"]) as plain:
        write_backup(plain, request)


def _stream(request: Mapping[str, Any]) -> None:
    with os.fdopen(os.dup(1), "wb") as out:
        _take(request, out)


def _store(request: Mapping[str, Any]) -> None:
    folder, point = Path(request["folder"]), request["point"]
    if point and not os.path.ismount(point):
        raise BackupError(f"{point} is not mounted on the host: inv mounts says why")
    name = name_of(request["lab"], datetime.now(UTC), request["passphrase"])
    store(folder, name, request["passphrase"], lambda out: _take(request, out))
    gone = remove_surplus(folder, request["lab"], request["keep"])
    size = (folder / name).stat().st_size
    print(json.dumps({"path": str(folder / name), "size": size, "gone": gone}))  # noqa: T201


def _verify(request: Mapping[str, Any]) -> None:
    header = verify(Path(request["folder"]), request["passphrase"])
    print(json.dumps(header))  # noqa: T201


def _restore(request: Mapping[str, Any]) -> None:
    restore(Path(request["folder"]), request["passphrase"])


def main() -> None:
    """Do what the request says."""
    os.umask(0o077)
    # systemd's timer has its request, with the passphrase, in a file of root's.
    source = Path(sys.argv[1]).read_text() if sys.argv[1:] else sys.stdin.read()
    request = json.loads(source)
    verbs = {
        "stream": _stream,
        "store": _store,
        "verify": _verify,
        "restore": _restore,
    }
    try:
        verbs[request["verb"]](request)
    except BackupError as error:
        sys.exit(str(error))
    except OSError as error:
        sys.exit(sentence(error, "the backup"))


if __name__ == "__main__":
    main()
