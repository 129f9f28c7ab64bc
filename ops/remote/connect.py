"""`Config` → an open SSH connection, or one sentence that says why not and what to type.

Host keys are strict: Fabric would accept an unknown one silently.
"""

import logging
import shlex
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

from fabric import Config as FabricConfig
from fabric import Connection
from paramiko import (
    AuthenticationException,
    BadHostKeyException,
    MissingHostKeyPolicy,
    PasswordRequiredException,
    PKey,
    SSHClient,
    SSHException,
    Transport,
)
from paramiko.ssh_exception import NoValidConnectionsError

from ops.errors import ConnectError
from ops.settings.config import Config

CONNECT_SECONDS = 10
SILENCE_SECONDS = 30
"""How long a host may leave data unacknowledged before the connection counts as lost."""

# Paramiko's own thread logs a traceback for what is one sentence here.
logging.getLogger("paramiko").setLevel(logging.CRITICAL)


class _UnknownHostKeyError(SSHException):
    def __init__(self, host: str, key: PKey) -> None:
        self.host, self.key = host, key


class _Refuse(MissingHostKeyPolicy):
    def missing_host_key(self, client: SSHClient, hostname: str, key: PKey) -> NoReturn:
        raise _UnknownHostKeyError(hostname, key)


def connect(config: Config) -> Connection:
    """Open the connection that `LAB_HOST` and `~/.ssh/config` describe.

    :raises ConnectError: with the next step to take.
    """
    connection = _describe(config)
    for hop in _hops(connection):
        _be_strict(hop)
    try:
        connection.open()
    except (SSHException, OSError, EOFError) as error:
        raise ConnectError(_sentence(error, connection, config)) from error
    for hop in _hops(connection):
        _tune(hop.transport)
    return connection


def _ssh_command(config: Config) -> list[str]:
    """Return the `ssh` command, without the host, that reaches the same host as `connect`."""
    command = ["ssh"]
    if config.lab_ssh_config:
        command += ["-F", str(config.lab_ssh_config)]
    if config.lab_user:
        command += ["-l", config.lab_user]
    if config.lab_port:
        command += ["-p", str(config.lab_port)]
    if config.lab_key:
        command += ["-i", str(config.lab_key)]
    return command


def _describe(config: Config) -> Connection:
    path = config.lab_ssh_config
    # No `~/.fabric.*`: a host is described by `.env` and the SSH configuration alone.
    fabric = FabricConfig(lazy=True, runtime_ssh_path=str(path) if path else None)
    try:
        fabric.load_ssh_config()
        options: dict[str, object] = {"banner_timeout": 60, "auth_timeout": 60}
        if config.lab_key:
            options["key_filename"] = [str(config.lab_key)]
        connection = Connection(
            config.lab_host,
            user=config.lab_user,
            port=config.lab_port,
            config=fabric,
            connect_timeout=CONNECT_SECONDS,
            connect_kwargs=options,
        )
    except Exception as error:
        raise ConnectError(f"the SSH configuration cannot be read: {error}") from error
    if connection.ssh_config.get("identitiesonly", "no").lower() == "yes":
        connection.connect_kwargs.update(allow_agent=False, look_for_keys=False)
    return connection


def _hops(connection: Connection) -> Iterator[Connection]:
    hop: Connection | str | None = connection
    while isinstance(hop, Connection):
        yield hop
        hop = hop.gateway


def _be_strict(connection: Connection) -> None:
    connection.client.set_missing_host_key_policy(_Refuse())
    for file in [*_known_hosts(connection), Path("/etc/ssh/ssh_known_hosts")]:
        if file.is_file():
            connection.client.load_system_host_keys(str(file))


def _known_hosts(connection: Connection) -> list[Path]:
    named = connection.ssh_config.get("userknownhostsfile", "~/.ssh/known_hosts")
    return [Path(file).expanduser() for file in shlex.split(named)]


def _tune(transport: Transport) -> None:
    transport.set_keepalive(10)
    sock = transport.sock
    if not isinstance(sock, socket.socket):  # through a jump host it is a channel
        return
    # A session is a dialogue of small packets: without this each answer waits 40 ms for an
    # acknowledgement that the other side delays.
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux has it
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, SILENCE_SECONDS * 1000)


def _sentence(error: Exception, connection: Connection, config: Config) -> str:
    where = f"{connection.user}@{connection.host}, port {connection.port}"
    by_hand = shlex.join([*_ssh_command(config), config.lab_host])
    match error:
        case _UnknownHostKeyError():
            return (
                f"The host key of {error.host} is not known yet ({error.key.get_name()} "
                f"{error.key.fingerprint}). Compare that fingerprint with the host's, then accept "
                f"it once by:  {by_hand}"
            )
        case BadHostKeyException():
            # Paramiko tells the host without its port, which known_hosts tells where it is not 22.
            hops = (hop for hop in _hops(connection) if hop.host == error.hostname)
            hop = next(hops, connection)
            name = hop.host if hop.port == 22 else f"[{hop.host}]:{hop.port}"
            forget = ["ssh-keygen", "-R", name, "-f", str(_known_hosts(hop)[0])]
            return (
                f"The host key of {name} has CHANGED: the host was made anew, or somebody stands "
                f"between. Expected {error.expected_key.fingerprint}, got {error.key.fingerprint}. "
                f"If the change is right:  {shlex.join(forget)}"
            )
        case PasswordRequiredException():
            return f"The SSH key for {where} has a passphrase: load it once by  ssh-add"
        case SSHException() if "No authentication methods" in str(error):
            return (
                f"There is no SSH key to log in to {where} with. Make one by  ssh-keygen  and copy "
                f"it there by  ssh-copy-id{by_hand.removeprefix('ssh')}  or load it by  ssh-add"
            )
        case AuthenticationException():
            return (
                f"{where} refused every SSH key. Copy yours there by  ssh-copy-id"
                f"{by_hand.removeprefix('ssh')}  or name the right one by LAB_USER, LAB_KEY"
            )
        case socket.gaierror():
            return (
                f"The host name {connection.host!r} is not known: check LAB_HOST ({error.args[-1]})"
            )
        case TimeoutError():
            return f"{where} does not answer: is the host up, is LAB_HOST right? Try  {by_hand}"
        case NoValidConnectionsError() | ConnectionRefusedError():
            return f"{where} refused the connection: check LAB_PORT, or whether sshd runs there"
    return f"No SSH connection to {where}: {error or type(error).__name__}. Try  {by_hand}"
