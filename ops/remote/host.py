"""The lab's server: facts and changes in one session, files and forwards.

From a host comes text; what is large wants a stream of its own, as `tunnel` has one.
"""

import http.client
import secrets
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from paramiko import Channel
from paramiko.ssh_exception import SSHException

from ops.errors import ConnectError
from ops.plan.command import Plan, Secret, redact, secrets_of
from ops.plan.framing import Event, Ours, Shown, read_answers, read_changes
from ops.plan.question import Answers, Questions
from ops.plan.script import Order, render_changes, render_questions
from ops.remote import ours
from ops.remote.connect import connect
from ops.remote.copy import copy
from ops.remote.session import READY, RootShells, read_lines
from ops.settings.config import Config


class Host:
    """A lab's server, connected while the `with` block lasts."""

    def __init__(self, config: Config, ask_password: Callable[[str], Secret]) -> None:
        self.config = config
        self._ask_password = ask_password
        self._password = config.lab_sudo_password

    def __enter__(self) -> "Host":
        self._connection = connect(self.config)
        self._shells = RootShells(self._connection.transport, self.where, self._sudo_password)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._connection.close()

    @property
    def where(self) -> str:
        """Name the host as its operator does in SSH: ``user@host``."""
        return f"{self._connection.user}@{self._connection.original_host}"

    @property
    def address(self) -> str:
        """Return the host's name or address as the SSH configuration resolves it."""
        return str(self._connection.host)

    def ask(self, questions: Questions) -> Answers:
        """Read facts; the session goes on with what is asked or changed next."""
        nonce = secrets.token_hex(8)
        channel = self.root_shell(render_questions(questions, nonce))
        lines = read_lines(channel)
        answers = read_answers(lines, nonce, self.where)
        if next(lines, "") == READY:
            self._shells.keep(channel)
        return answers

    def change(
        self,
        plan: Plan,
        questions: Questions,
        order: Order,
        turn: str,
        notify: Callable[[Event], None],
    ) -> Answers | None:
        """Make a plan true and read the facts again.

        `turn` is that of the answers which the plan was made from. None means that another operator
        has changed the host since, and that the plan is to be made anew.
        """
        nonce = secrets.token_hex(8)
        channel = self.root_shell(render_changes(plan, questions, order, turn, nonce))
        hidden = secrets_of(plan)
        lines = (redact(line, hidden) for line in read_lines(channel))

        def told(event: Event) -> None:
            if isinstance(event, Ours):
                ours.do(event.step, channel, lambda line: notify(Shown(line)))
            else:
                notify(event)

        return read_changes(lines, plan, nonce, self.where, told)

    def root_shell(self, script: str) -> Channel:
        """Start a script as root; return the channel to it."""
        return self._shells.start(script)

    def expect_shells(self, count: int) -> None:
        """Let so many `root_shell` become root while something else is done."""
        self._shells.open_ahead(count)

    def _sudo_password(self) -> Secret:
        if self._password is None:
            self._password = self._ask_password(f"[sudo] password for {self.where}: ")
        return self._password

    def rsync(self, folder: Path, target: str, like: str) -> None:
        """Make `target`, a folder in the operator's home on the host, equal to a local folder.

        What `like`, which may not be there, has under the same path need not travel; it is shared.
        """
        copy(self._connection.transport, self.where, folder, target, like)

    def http(self, port: int) -> http.client.HTTPConnection:
        """Open an HTTP connection to a port of the host's own loopback, through SSH."""
        address = ("127.0.0.1", port)
        connection = http.client.HTTPConnection(*address, timeout=30)
        try:
            channel = self._connection.transport.open_channel(
                "direct-tcpip", address, address, timeout=15
            )
        except SSHException as error:
            raise ConnectError(
                f"Port {port} of {self.where} cannot be reached through SSH ({error}). Does the "
                "registry run (inv deploy)? Does sshd there allow AllowTcpForwarding?"
            ) from error
        channel.settimeout(30)
        connection.sock = channel
        return connection
