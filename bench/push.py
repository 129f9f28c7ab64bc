"""A push after one changed line, against `docker build` and `docker push` by hand on the host."""

import subprocess
from functools import partial
from pathlib import Path

from bench.tables import table
from bench.timing import Times, once
from ops.images.context import prepare
from ops.images.wanted import Wanted
from ops.settings.config import load
from sandbox.inv import Inv
from sandbox.layout import ROOT
from sandbox.running import Sandbox
from tests.sample import commit, git
from tests.sandbox.look import sh


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

    sh(host, LOGIN)
    ours, by_hand = [], []
    for round_ in range(4):
        tag = change()
        seconds = once(partial(inv.ok, "push", "--tag", tag, **source))
        tag = change()
        send(host, inv, tag, source, folder / tag)
        hand = once(partial(sh, host, BY_HAND, tag))
        if round_:  # the first one warms up
            ours.append(seconds)
            by_hand.append(hand)
    times = {"inv push": Times(tuple(ours)), "by hand": Times(tuple(by_hand))}
    ratio = times["inv push"].median / times["by hand"].median
    rows = {name: str(value) for name, value in times.items()}
    table("One changed line in the package", {**rows, "ratio, allowed 1.3": f"{ratio:.2f}"})


LOGIN = """\
docker login --username publisher --password-stdin localhost:501 </etc/labhub/registry_password
"""
BY_HAND = """\
docker build -q -t localhost:501/agfalta_tools:$1 --build-arg BASE_IMAGE=labhub-base \\
  --build-arg VERSION=$1 --build-arg IMPORT_NAME=agfalta_tools \\
  --build-arg JUPYTERHUB_VERSION=$(cat /root/by-hand/jupyterhub) /root/by-hand/context
docker push -q localhost:501/agfalta_tools:$1
"""


def send(host: Sandbox, inv: Inv, tag: str, source: dict[str, str], folder: Path) -> None:
    """Put the same tree on the host that `inv push` would build."""
    config = load(ROOT, inv.environment(**source))
    image = prepare(ROOT, config, Wanted(tag), folder, folder / "cache")
    sh(host, "rm -rf /root/by-hand; mkdir -p /root/by-hand")
    (folder / "jupyterhub").write_text(image.jupyterhub)
    archive = subprocess.run(
        ["tar", "-C", str(folder), "-c", "context", "jupyterhub"], capture_output=True, check=True
    )
    host.container.put_archive("/root/by-hand", archive.stdout)
    # As after an edit by hand: BuildKit takes a file of the same time and size for unchanged.
    sh(host, "find /root/by-hand -type f -exec touch {} +")
