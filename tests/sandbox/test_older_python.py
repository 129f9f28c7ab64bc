"""Labs with the Python of an older Debian, for packages that need it."""

from pathlib import Path

from sandbox.inv import Inv
from sandbox.running import Sandbox
from tests.hub_client import HubClient
from tests.sample.backends import SETUPTOOLS, make_package
from tests.sandbox.conftest import PASSWORD
from tests.sandbox.look import installed, sh

STATE = "labs"
OLDER = {"LAB_BASE_IMAGE": "debian:bookworm-slim"}
PROBE = {"AGFALTA_TOOLS_IMPORT": "probe", "IMAGE_NAME": "older"}


def test_a_base_that_is_not_there_yet_is_asked_for(inv: Inv, tmp_path: Path) -> None:
    source = str(make_package(tmp_path / "probe", {"pyproject.toml": SETUPTOOLS.format("")}))
    said = inv.fails("push", "--tag", "v1.2", AGFALTA_TOOLS_SOURCE=source, **PROBE, **OLDER)
    assert "No base for lab images that is made from debian:bookworm-slim is there" in said
    assert said.endswith("first  inv deploy")


def test_a_deploy_makes_it_beside_the_other_one(inv: Inv) -> None:
    made = "Make the base of lab images from debian:bookworm-slim"
    assert inv.ok("deploy", **OLDER).changes == [made]
    assert inv.ok("deploy", **OLDER).changes == []


def test_a_package_gets_the_old_numpy_with_the_hubs_jupyterhub(
    host: Sandbox, inv: Inv, hub: str, tmp_path: Path
) -> None:
    text = SETUPTOOLS.format('"numpy<2"')
    source = str(make_package(tmp_path / "probe", {"pyproject.toml": text}))
    inv.ok("push", "--tag", "v1.2", AGFALTA_TOOLS_SOURCE=source, **PROBE, **OLDER)
    has, newer = installed(host, "older:v1.2"), installed(host, "agfalta_tools:1.2")
    assert has["numpy"].startswith("1.") and has["jupyterhub"] == newer["jupyterhub"]
    run = "docker run --rm --network none --entrypoint python localhost:5000/older:v1.2"
    assert sh(host, f"{run} --version").startswith("Python 3.11.")


def test_a_lab_of_it_is_started_by_the_hub(hub: str, inv: Inv) -> None:
    alice = HubClient(hub)
    alice.login("alice", PASSWORD)
    inv.ok("deploy", IMAGE_NAME="older", **OLDER)
    alice.spawn("older:v1.2")
    code = "import numpy, probe; print(numpy.arange(42).size)"
    assert alice.run_cell(code).text == "42\n"
