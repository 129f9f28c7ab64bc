"""Measure what the README promises, on a sandbox host of its own: `python -m bench.run`.

Prints the tables of bench/README.md. Each ratio is of one run, its parts taken in turn.
"""

import subprocess
import tempfile
from functools import partial
from pathlib import Path

from paramiko import SSHClient

from bench.timing import Times, in_turn, once
from ops.images.recipe import Wanted, prepare
from ops.settings.config import load
from sandbox.host import down, up
from sandbox.running import Sandbox
from tests.hub_client import HubClient
from tests.sample import commit, git, make_sample
from tests.sandbox.inv import ROOT, Inv
from tests.sandbox.look import sh

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


def push(host: Sandbox, inv: Inv, sample: Path, folder: Path) -> None:
    """A one-line change of the package, by the task and by hand on the host, in turn."""
    source = {"AGFALTA_TOOLS_SOURCE": str(sample)}
    counter = iter(range(1000))

    def change() -> str:
        tag = f"2.{next(counter)}"
        text = (sample / "pyproject.toml").read_text()
        version = next(line for line in text.splitlines() if line.startswith("version"))
        (sample / "pyproject.toml").write_text(text.replace(version, f'version = "{tag}"'))
        init = sample / "agfalta_tools/iv.py"
        init.write_text(f"{init.read_text()}# {tag}\n")
        commit(sample, f"Version {tag}")
        git(sample, "tag", tag)
        return tag

    ours, by_hand = [], []
    for round_ in range(4):
        tag = change()
        seconds = once(partial(inv.ok, "push", "--tag", tag, **source))
        tag = change()
        place(host, inv, tag, source, folder / tag)
        hand = once(partial(sh, host, BY_HAND, tag))
        if round_:  # the first one warms up
            ours.append(seconds)
            by_hand.append(hand)
    times = {"inv push": Times(tuple(ours)), "by hand": Times(tuple(by_hand))}
    ratio = times["inv push"].median / times["by hand"].median
    rows = {name: str(value) for name, value in times.items()}
    table("One changed line in the package", {**rows, "ratio, allowed 1.3": f"{ratio:.2f}"})


BY_HAND = """\
docker build -q -t localhost:5000/agfalta_tools:$1 --build-arg BASE_IMAGE=labhub-base \\
  --build-arg VERSION=$1 --build-arg IMPORT_NAME=agfalta_tools \\
  --build-arg JUPYTERHUB_VERSION=$(cat /root/by-hand/jupyterhub) /root/by-hand/context
docker push -q localhost:5000/agfalta_tools:$1
"""


def place(host: Sandbox, inv: Inv, tag: str, source: dict[str, str], folder: Path) -> None:
    """Put the same tree on the host that `inv push` would build."""
    config = load(ROOT, inv.environment(**source))
    image = prepare(ROOT, config, Wanted(config.image_name, tag), folder, folder / "cache")
    sh(host, "rm -rf /root/by-hand; mkdir -p /root/by-hand")
    (folder / "jupyterhub").write_text(image.jupyterhub)
    archive = subprocess.run(
        ["tar", "-C", str(folder), "-c", "context", "jupyterhub"], capture_output=True, check=True
    )
    host.container.put_archive("/root/by-hand", archive.stdout)
    # As after an edit by hand: BuildKit takes a file of the same time and size for unchanged.
    sh(host, "find /root/by-hand -type f -exec touch {} +")


def verdict(took: float, allowed: float) -> str:
    """Say whether a median keeps its promise."""
    return f"{allowed:.2f} s: {'kept' if took <= allowed else 'MISSED'}"


def table(title: str, rows: dict[str, str]) -> None:
    """Print a Markdown table."""
    print(f"\n### {title}\n\n| what | time |\n|---|---|")
    for name, value in rows.items():
        print(f"| {name} | {value} |", flush=True)


if __name__ == "__main__":
    main()
