"""The lab's server: facts in one session, changes in one session, files and forwards.

With `connect` and `session` the only module that speaks SSH.
"""

import http.client
import secrets
import shlex
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from types import TracebackType

from paramiko import Channel
from paramiko.ssh_exception import SSHException

from ops.errors import LostError, OperationError
from ops.remote.command import Plan, Secret, Step, redact, secrets_of
from ops.remote.connect import connect, ssh_command
from ops.remote.framing import Answers, Event, read_answers, read_changes, read_held, read_stream
from ops.remote.script import (
    Order,
    Question,
    render_changes,
    render_hold,
    render_questions,
    render_stream,
)
from ops.remote.session import open_root_shell, read_lines
from ops.settings.config import Config

END_SECONDS = 10.0
RSYNC_FILE_ERROR, RSYNC_SSH_ENDED = 11, 255


class Host:
    """A lab's server, connected while the `with` block lasts."""

    def __init__(self, config: Config, ask_password: Callable[[str], Secret]) -> None:
        self.config = config
        self._ask_password = ask_password
        self._password = config.lab_sudo_password

    def __enter__(self) -> "Host":
        self._connection = connect(self.config)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        is_lost = not self._connection.is_connected
        self._connection.close()
        # What goes through the connection fails with it, each part in words of its own.
        if is_lost and type(error) is OperationError:
            raise LostError(self.where) from error

    @property
    def where(self) -> str:
        """Name the host as its operator does in SSH: ``user@host``."""
        return f"{self._connection.user}@{self._connection.original_host}"

    @property
    def address(self) -> str:
        """Return the host's name or address as the SSH configuration resolves it."""
        return str(self._connection.host)

    def ask(self, questions: Sequence[Question]) -> Answers:
        """Read facts in one session."""
        nonce = secrets.token_hex(8)
        channel, heard = self.root_shell(render_questions(questions, nonce))
        return read_answers(read_lines(channel, heard), nonce, self.where)

    def change(
        self,
        plan: Plan,
        questions: Sequence[Question],
        order: Order,
        notify: Callable[[Event], None],
    ) -> Answers | None:
        """Make a plan true and read the facts again, all in one session.

        None means that another operator was waited for, and that the plan is to be made anew.
        """
        nonce = secrets.token_hex(8)
        channel, heard = self.root_shell(render_changes(plan, questions, order, nonce))
        hidden = secrets_of(plan)
        lines = (redact(line, hidden) for line in read_lines(channel, heard))
        # Closed even when we are interrupted: a step that watches its session ends with it.
        with closing(channel):
            return read_changes(lines, plan, nonce, self.where, notify)

    @contextmanager
    def hold(
        self,
        questions: Sequence[Question],
        order: Order,
        at_end: Sequence[Step],
        notify: Callable[[Event], None],
    ) -> Iterator[Answers]:
        """Take the order's locks, read facts, and keep the locks until the block ends.

        They are free again, and the steps `at_end` made, also when this machine is gone.
        """
        nonce = secrets.token_hex(8)
        channel, heard = self.root_shell(render_hold(questions, order, at_end, nonce))
        lines = read_lines(channel, heard)
        with closing(channel):
            yield read_held(lines, nonce, self.where, notify)
            _await_end(channel, lines)

    def stream(
        self, step: Step, take: Callable[[str], None], who: Order | None = None, why: str = ""
    ) -> int:
        """Run a step, hand on each line that it prints at once, and return its exit status.

        With `who` and `why` the host's audit log says so.
        """
        nonce = secrets.token_hex(8)
        channel, heard = self.root_shell(render_stream(step, nonce, who, why))
        with closing(channel):
            return read_stream(read_lines(channel, heard), nonce, self.where, take)

    def root_shell(self, script: str) -> tuple[Channel, bytes]:
        """Start a script as root; return its channel and what it has printed so far."""
        return open_root_shell(self._connection.transport, self.where, self._sudo_password, script)

    def _sudo_password(self) -> Secret:
        if self._password is None:
            self._password = self._ask_password(f"[sudo] password for {self.where}: ")
        return self._password

    def rsync(self, folder: Path, target: str) -> None:
        """Make `target`, a folder in the operator's home on the host, equal to a local folder."""
        ssh = [*ssh_command(self.config), "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=yes"]
        ends = [f"{folder}/", f"{self.config.lab_host}:{target}/"]
        # rsync makes one folder, not its parents: the one on the host is started behind mkdir.
        make = shlex.join(["mkdir", "-p", target]) + " && rsync"
        # By content, with the time of the transfer: an export's files bear the time of their
        # commit, and BuildKit takes a file of the same time and size for the one that it has.
        options = ["--recursive", "--links", "--perms", "--checksum", "--delete"]
        options.append(f"--rsync-path={make}")
        try:
            done = subprocess.run(
                ["rsync", *options, "-e", shlex.join(ssh), "--", *ends],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
            )
        except FileNotFoundError as error:
            raise OperationError("rsync is not installed on this machine; install it") from error
        if done.returncode:
            # Now and then the other side's last words do not arrive: the code always does.
            last = done.stderr.strip().splitlines()[-3:] or [f"exit status {done.returncode}."]
            if done.returncode == RSYNC_FILE_ERROR:
                last.append("Is its disk full? inv status shows it")
            if done.returncode == RSYNC_SSH_ENDED:
                last.append("Was the connection lost? Run the task again")
            raise OperationError(f"Copying to {self.where} by rsync failed: {' '.join(last)}")

    def http(self, port: int) -> http.client.HTTPConnection:
        """Open an HTTP connection to a port of the host's own loopback, through SSH."""
        address = ("127.0.0.1", port)
        connection = http.client.HTTPConnection(*address, timeout=30)
        try:
            channel = self._connection.transport.open_channel(
                "direct-tcpip", address, address, timeout=15
            )
        except (SSHException, EOFError) as error:
            raise OperationError(
                f"Port {port} of {self.where} cannot be reached through SSH ({error}). Does the "
                "registry run (inv deploy)? Does sshd there allow AllowTcpForwarding?"
            ) from error
        channel.settimeout(30)
        connection.sock = channel
        return connection


def _await_end(channel: Channel, lines: Iterator[str]) -> None:
    """Have a session that holds locks make its last steps, and wait for them."""
    channel.settimeout(END_SECONDS)
    with suppress(OSError, SSHException):
        channel.sendall(b"\n")
    for _ in lines:
        pass
