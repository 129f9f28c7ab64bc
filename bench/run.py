"""Measure what the README promises, on a sandbox host of its own: `python -m bench.run`.

Prints the tables of bench/README.md. Each ratio is of one run, its parts taken in turn.
"""

import tempfile
from functools import partial
from pathlib import Path

from paramiko import SSHClient

from bench.push import push
from bench.tables import table, verdict
from bench.timing import Times, in_turn, once
from sandbox.host import down, up
from sandbox.inv import Inv
from sandbox.running import Sandbox
from tests.hub_client import HubClient
from tests.sample import make_sample
from tests.sandbox.look import sh
from tests.sandbox.shares import Share, mount, offer, place, remove

RUNS = 7
PASSWORD = "electrons-2026"  # noqa: S105
LAB = "bench"


def main() -> None:
    """Bring a bare host up, measure, and take it away."""
    down(LAB)
    host, inv = up(LAB), Inv(LAB)
    try:
        with tempfile.TemporaryDirectory() as folder:
            sample = make_sample(Path(folder) / "sample")
            journey("cold: a bare host, nothing cached", host, inv, sample, "alice")
            forget(host)
            journey("again, the engine and its images cached", host, inv, sample, "bob")
            no_op(host, inv)
            accounts(host, inv)
            add_user(host, inv)
            page_with_mounts(host)
            push(host, inv, sample, Path(folder))
    finally:
        down(LAB)


def journey(title: str, host: Sandbox, inv: Inv, sample: Path, name: str) -> None:
    """From a host to a kernel's first answer in the browser."""
    client = HubClient(host.url)
    stages = {
        "inv deploy": lambda: inv.ok("deploy"),
        "inv add-user": lambda: inv.ok("add-user", "--name", name),
        "inv push": lambda: inv.ok("push", "--tag", "1.2", AGFALTA_TOOLS_SOURCE=str(sample)),
        "log in": lambda: client.login(name, PASSWORD),
        "start the lab": lambda: client.spawn("agfalta_tools:1.2"),
        "a kernel's first answer": lambda: client.run_cell("import agfalta_tools; print(42)"),
    }
    seconds = {stage: once(action) for stage, action in stages.items()}
    client.stop()
    rows = {stage: f"{took:.1f} s" for stage, took in seconds.items()}
    table(title, {**rows, "**together**": f"**{sum(seconds.values()) / 60:.1f} min**"})


def forget(host: Sandbox) -> None:
    """Take the stack and its data away; the engine, its images and its build cache stay."""
    sh(
        host,
        "cd /opt/labhub/current; docker compose --env-file settings.env down --volumes --timeout 1;"
        "rm -rf /opt/labhub /etc/labhub",
    )


def no_op(host: Sandbox, inv: Inv) -> None:
    """The price of a deploy that changes nothing."""
    times = in_turn(
        RUNS,
        {
            "Paramiko connect + true": lambda: connect_and_true(host),
            "inv deploy, nothing to do": lambda: inv.ok("deploy"),
            "inv --list": lambda: inv.ok("--list"),
        },
    )
    floor, deploy, listing = times.values()
    allowed = 1.3 * floor.median + 0.4
    rows = {name: str(value) for name, value in times.items()}
    rows["allowed: 1.3 x connect + 0.4 s"] = verdict(deploy.median, allowed)
    rows["allowed for inv --list: 0.2 s"] = verdict(listing.median, 0.2)
    table("A deploy that changes nothing", rows)


def connect_and_true(host: Sandbox) -> None:
    with SSHClient() as client:
        client.load_host_keys(str(host.layout.known_hosts))
        client.connect(
            *("127.0.0.1", host.ssh_port, "agfalta"),
            key_filename=str(host.layout.operator_key),
            allow_agent=False,
            look_for_keys=False,
        )
        client.exec_command("true")[1].channel.recv_exit_status()


def accounts(host: Sandbox, inv: Inv) -> None:
    """A deploy does not cost more on a host with many members."""
    add_numbered(inv, 10)
    few = in_turn(RUNS, {"10": lambda: inv.ok("deploy")})["10"]
    add_numbered(inv, 200)
    many = in_turn(RUNS, {"200": lambda: inv.ok("deploy")})["200"]
    ratio = many.median / few.median
    rows = {"10 accounts": str(few), "200 accounts": str(many)}
    table("The same with many accounts", {**rows, "ratio, allowed 1.3": f"{ratio:.2f}"})


def add_numbered(inv: Inv, count: int) -> None:
    with tempfile.NamedTemporaryFile("w") as file:
        file.write("\n".join(f"m{number}" for number in range(count)))
        file.flush()
        inv.ok("add-user", "--file", file.name)


def add_user(host: Sandbox, inv: Inv) -> None:
    """From the command to a member who can log in."""
    seconds = []
    for number in range(RUNS):
        name = f"fresh{number}"
        seconds.append(once(partial(inv.ok, "add-user", "--name", name)))
        HubClient(host.url).login(name, PASSWORD)
    times = Times(tuple(seconds))
    table(
        "A new member, whose login works when the command returns",
        {"inv add-user": str(times), "allowed: 1.5 s": verdict(times.median, 1.5)},
    )


def page_with_mounts(host: Sandbox) -> None:
    """The page on which a member chooses a version, where three shares are looked at."""
    shares = (Share("data", read_only=True), Share("analysis"), Share("leem"))
    for share in shares:
        place(host, share)
        mount(host, share)
    offer(host, *shares)
    client = HubClient(host.url)
    client.login("alice", PASSWORD)
    times = in_turn(RUNS, {"page": client.spawn_page})["page"]
    remove(host, *shares)
    rows = {"with three shares": str(times), "allowed: 2 s": verdict(times.median, 2)}
    table("The page on which a version is chosen", rows)


if __name__ == "__main__":
    main()
