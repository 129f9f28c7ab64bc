"""A Samba server on this machine's loopback, as the virtual host sees it at 10.0.2.2."""

import getpass
import os
import shutil
import signal
import subprocess
from pathlib import Path

from sandbox.engine import SandboxError
from sandbox.patience import SERVICE, until
from sandbox.ports import is_free

ADDRESS = "10.0.2.2"
PORT = 4459
"""Frozen hosts know it, so that it is always the same: whoever has a virtual host takes turns."""
USER, PASSWORD = "labnas", "nas-secret"
SHARES = ("data", "analysis", "leem", "my share")
_PATH = {**os.environ, "PATH": os.environ["PATH"] + ":/usr/sbin:/sbin"}


class FileServer:
    """A file server with the shares of `SHARES`, and `secret`, which its user may not use."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._daemon: subprocess.Popen[bytes] | None = None
        for name in ("private", "run"):
            (folder / name).mkdir(parents=True, exist_ok=True)

    def configure(self, lowest: str = "SMB2_10") -> None:
        """Write its configuration; `lowest` is the oldest version of SMB that it speaks."""
        shares = "".join(self._share(name, "read only = no") for name in SHARES)
        closed = self._share("secret", f"invalid users = {_unix_user()}")
        (self.folder / "users").write_text(f"{_unix_user()} = {USER}\n")
        (self.folder / "smb.conf").write_text(_CONFIGURATION.format(
            folder=self.folder, port=PORT, lowest=lowest
        ) + shares + closed)  # fmt: skip

    def _share(self, name: str, rights: str) -> str:
        return f"[{name}]\npath = {self.folder / name}\n{rights}\nforce user = {_unix_user()}\n"

    def start(self) -> None:
        """Start it, or start it again."""
        self.stop()
        until(
            lambda: is_free(PORT), f"Port {PORT} of 127.0.0.1 is free for the file server", SERVICE
        )
        self._daemon = subprocess.Popen(
            # It ends with us.
            [
                *("setpriv", "--pdeathsig", "KILL"),
                *("smbd", "--foreground", "--no-process-group", "-s", self._configuration),
            ],
            env=_PATH,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        until(self._listens, "The file server starts", SERVICE, pause=0.1)

    def _listens(self) -> bool:
        if self._daemon is None or self._daemon.poll() is not None:
            raise SandboxError(f"The file server ended: see {self.folder}")
        return not is_free(PORT)

    def stop(self) -> None:
        """End it and its connections at once: who asks is refused from then on."""
        if self._daemon:
            self.resume()
            self._signal(signal.SIGKILL)
            self._daemon.wait()
            self._daemon = None

    def restore(self) -> None:
        """Let it be as it was at first, whatever a test has done to it."""
        self.stop()
        self.configure()
        self.set_password(PASSWORD)
        for name in (*SHARES, "secret"):
            shutil.rmtree(self.folder / name, ignore_errors=True)
            (self.folder / name).mkdir()
        self.start()

    def hang(self) -> None:
        """Let it be silent: connections are accepted, and nothing is ever answered."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it answer again."""
        self._signal(signal.SIGCONT)

    def set_password(self, password: str) -> None:
        """Give its user another password."""
        subprocess.run(
            # Not by smbpasswd, which wants to be root.
            ["pdbedit", "-s", self._configuration, "-a", "-t", "-u", _unix_user()],
            env=_PATH,
            input=f"{password}\n{password}\n",
            text=True,
            capture_output=True,
            check=True,
        )

    def close(self) -> None:
        """End it, and remove all that it served."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def _configuration(self) -> str:
        return str(self.folder / "smb.conf")

    def _signal(self, number: int) -> None:
        # Each connection is a process of the daemon's own group.
        if self._daemon:
            os.killpg(self._daemon.pid, number)


def _unix_user() -> str:
    return getpass.getuser()


_CONFIGURATION = """\
[global]
server role = standalone server
workgroup = LAB
interfaces = 127.0.0.1
bind interfaces only = yes
smb ports = {port}
private dir = {folder}/private
lock directory = {folder}/run
state directory = {folder}/run
cache directory = {folder}/run
pid directory = {folder}/run
ncalrpc dir = {folder}/run/rpc
log file = {folder}/run/log
disable netbios = yes
load printers = no
printcap name = /dev/null
passdb backend = tdbsam:{folder}/private/passdb.tdb
username map = {folder}/users
map to guest = never
server min protocol = {lowest}
"""
