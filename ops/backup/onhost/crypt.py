"""The passphrase of a backup, by GnuPG: it goes there through a pipe, never in an argv."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from .archive import HEADER
from .errors import BackupError, DamagedError, ForeignError

SUFFIX = ".gpg"

_GPG = ("gpg", "--batch", "--no-tty", "--quiet", "--pinentry-mode", "loopback")


@contextmanager
def encrypted(out: IO[bytes], passphrase: str) -> Iterator[IO[bytes]]:
    """Yield where to write what is to be encrypted; as it is without a passphrase."""
    if not passphrase:
        yield out
        return
    # Layers of images are compressed already.
    how = ("--symmetric", "--cipher-algo", "AES256", "--compress-algo", "none", "--output", "-")
    with _gpg(how, passphrase, stdin=subprocess.PIPE, stdout=out) as process:
        assert process.stdin is not None  # noqa: S101
        try:
            yield process.stdin
            process.stdin.close()
        except BrokenPipeError as error:
            raise BackupError(f"Encrypting failed: {_said(process)}") from error
        if process.wait():
            raise BackupError(f"Encrypting failed: {_said(process)}")


@contextmanager
def decrypted(source: IO[bytes], passphrase: str) -> Iterator[IO[bytes]]:
    """Yield what to read a backup from, whether it is encrypted or not.

    :raises BackupError: where the passphrase is wrong or missing, or GnuPG is.
    """
    begin = source.read(len(HEADER))
    source.seek(0)
    if begin == HEADER.encode():
        yield source
        return
    # The first octet of an OpenPGP message has its highest bit set.
    if not begin or not begin[0] & 0x80:
        raise ForeignError("This is no backup of this tool")
    if not passphrase:
        raise BackupError("The backup is encrypted: set BACKUP_PASSPHRASE to what it was then")
    # GnuPG reads the descriptor, which is where Python has read ahead to.
    os.lseek(source.fileno(), 0, os.SEEK_SET)
    with _gpg(("--decrypt",), passphrase, stdin=source, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None  # noqa: S101
        try:
            yield process.stdout
        except (DamagedError, ForeignError):
            # What it read was nothing, or cut off: GnuPG knows why.
            process.stdout.close()
            _require(process)
            raise
        while process.stdout.read(1 << 20):
            pass
        _require(process)


def _require(process: "subprocess.Popen[bytes]") -> None:
    if process.wait():
        said = _said(process)
        if "Bad session key" in said:
            raise BackupError("The passphrase is wrong: BACKUP_PASSPHRASE is not what it was then")
        if "no valid OpenPGP data" in said:
            raise ForeignError("This is no backup of this tool")
        raise DamagedError("The backup is damaged, or was cut off: it cannot be decrypted")


@contextmanager
def _gpg(
    words: tuple[str, ...], passphrase: str, stdin: int | IO[bytes], stdout: int | IO[bytes]
) -> Iterator["subprocess.Popen[bytes]"]:
    # A folder of its own: whatever root or the operator has in theirs, it is the same everywhere.
    with tempfile.TemporaryDirectory(prefix="labhub-", ignore_cleanup_errors=True) as folder:
        readable, writable = os.pipe()
        argv = (*_GPG, "--homedir", folder, "--passphrase-fd", str(readable), *words)
        try:
            process = subprocess.Popen(
                argv,
                stdin=stdin,
                stdout=stdout,
                stderr=subprocess.PIPE,
                pass_fds=(readable,),
                env={**os.environ, "LC_ALL": "C"},
            )
        except FileNotFoundError as error:
            raise BackupError("gpg is not installed on this machine: install GnuPG") from error
        finally:
            os.close(readable)
            if "process" not in locals():
                os.close(writable)
        with process:
            with os.fdopen(writable, "wb") as pipe:
                pipe.write(passphrase.encode())
            try:
                yield process
            except BaseException:
                process.kill()
                raise


def _said(process: "subprocess.Popen[bytes]") -> str:
    assert process.stderr is not None  # noqa: S101
    said = process.stderr.read().decode(errors="replace").strip()[-400:]
    if "No space left" in said:
        return "there is no room left. Free some space, then run the task again"
    return said
