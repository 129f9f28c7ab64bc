"""`inv upgrade`: from an older JupyterHub to this checkout's and back, with a lab that goes on."""

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from ops.stack.release import jupyterhub_version
from sandbox.running import Sandbox
from tests.conftest import PASSWORD
from tests.hub_client import HubClient
from tests.sandbox.cuts import cut_through
from tests.sandbox.inv import ROOT, Inv, Outcome
from tests.sandbox.look import CURRENT, DATA, inspect, sh, wait_for_login_page

OLD = "5.5.4"
"""Four migrations of the database before this checkout's."""
OLD_HASH = "1d987cbe96390e1877ae37b33e0f2936cac72d3abff93496551c58c1df1f533d"
LOCK = "compose/hub/requirements.lock"
NEW = jupyterhub_version(ROOT / "compose/hub/requirements.in")

ELDER = "elder"
RECIPE = f"""\
FROM localhost:5000/agfalta_tools:1.2
USER root
RUN pip install --quiet --no-deps --no-cache-dir --root-user-action=ignore jupyterhub=={OLD}
USER nobody
LABEL labhub.jupyterhub={OLD}
"""
"""A lab from before the upgrade, with no more to build than that."""
ASIDE = "/var/lib/labhub/test-databases"
REVISION = "docker exec labhub-hub python -c '{}'".format(
    'import sqlite3; print(*sqlite3.connect("/data/jupyterhub.sqlite")'
    '.execute("select version_num from alembic_version").fetchone())'
)


@pytest.fixture(scope="module")
def old(
    host: Sandbox, inv: Inv, pushed: Outcome, member: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Inv]:
    """A checkout with the older JupyterHub, which is what the host runs, and nothing of the newer.

    Afterwards the host is what it was.
    """
    copy = inv.in_copy(tmp_path_factory.mktemp("old") / "labhub")
    text = (copy.root / LOCK).read_text()
    pinned = f"jupyterhub=={OLD} \\\n    --hash=sha256:{OLD_HASH}\n"
    text, count = re.subn(r"^jupyterhub==.*\n(    --hash=.*\n)+", pinned, text, flags=re.M)
    assert count == 1
    (copy.root / LOCK).write_text(text)
    away = f"mkdir -p {ASIDE} && mv {DATA}/jupyterhub.sqlite* {ASIDE}/ && rm /opt/labhub/current"
    sh(host, f"docker stop labhub-hub && {away}")
    copy.ok("deploy", "--no-check")
    build = 'printf %s "$1" | docker build --quiet --tag "$2" - && docker push --quiet "$2"'
    sh(host, build, RECIPE, f"localhost:5000/{ELDER}:1.0")
    yield copy
    back = f"rm -f {DATA}/jupyterhub.sqlite* && mv {ASIDE}/* {DATA}/ && rm /opt/labhub/current"
    sh(host, f"docker stop labhub-hub && {back}; rm -r {ASIDE} /var/lib/labhub/databases")
    inv.ok("deploy")
    inv.ok("remove-tag", "--image", ELDER, "--tag", "1.0", "--force")
    sh(host, f"docker image rm --force localhost:5000/{ELDER}:1.0")


def log_in(hub: str, name: str) -> HubClient:
    client = HubClient(hub)
    client.login(name, PASSWORD)
    return client


def test_a_deploy_refuses_what_only_an_upgrade_does(inv: Inv, old: Inv, host: Sandbox) -> None:
    before = sh(host, CURRENT)
    said = inv.fails("deploy")
    assert f"brings JupyterHub {NEW}, and the host runs {OLD}. inv upgrade" in said
    assert "inv upgrade" in inv("status").output
    assert "as this checkout has" in old.ok("upgrade").output
    assert sh(host, CURRENT) == before


def test_an_upgrade_migrates_the_database_and_labs_go_on(
    inv: Inv, old: Inv, host: Sandbox, hub: str, tmp_path: Path
) -> None:
    alice = log_in(hub, "alice")
    alice.spawn(f"{ELDER}:1.0")
    lab, revision = inspect(host, "lab-alice")["State"]["StartedAt"], sh(host, REVISION)
    with alice.start_kernel() as kernel:
        kernel.run("kept = 41")
    output = inv.ok("upgrade", BACKUP_TO=str(tmp_path)).output
    assert f"JupyterHub {OLD} → {NEW}. inv rollback goes back" in output
    assert f"The lab of alice goes on with JupyterHub {OLD} until it is stopped." in output
    assert len(list(tmp_path.glob("labhub-*.tar"))) == 1, "a backup came first"
    assert "Sign in as a member, start a lab" in output
    assert sh(host, REVISION) != revision
    assert alice.is_running() and inspect(host, "lab-alice")["State"]["StartedAt"] == lab
    with alice.open_kernel(kernel.id) as again:
        assert again.run("print(kept + 1)").text == "42\n"
    assert "nothing was changed" in inv.ok("deploy").output
    assert "older" in old.fails("deploy"), "a database is never given to a JupyterHub before it"


def test_the_way_back_stops_nobody_unasked_and_brings_the_database(
    inv: Inv, old: Inv, host: Sandbox, hub: str
) -> None:
    migrated = sh(host, REVISION)
    inv.ok("add-user", "--name", "younger")
    younger = log_in(hub, "younger")
    younger.spawn("agfalta_tools:1.2")
    try:
        assert "the lab of younger. --when-idle" in inv.fails("rollback")
        assert younger.is_running()
        with inv.begin("rollback", "--when-idle") as waiting:
            assert waiting.stdout
            assert "until nothing runs in the lab of younger" in waiting.stdout.readline()
            younger.stop()
            _, errors = waiting.communicate(timeout=300)
        assert waiting.returncode == 0, errors
        assert sh(host, REVISION) != migrated
        wait_for_login_page(hub, 30)
        alice = log_in(hub, "alice")
        assert alice.is_running(), "her lab began before the upgrade"
        alice.stop()
    finally:
        inv.ok("remove-user", "--name", "younger", "--yes")


def test_an_upgrade_converges_whatever_step_it_was_cut_at(
    inv: Inv, old: Inv, host: Sandbox, hub: str, tmp_path: Path
) -> None:
    before, revision = sh(host, CURRENT), sh(host, REVISION)
    assert cut_through(partial(sh, host), inv, ("upgrade",), {"BACKUP_TO": str(tmp_path)}) > 0
    assert sh(host, REVISION) != revision
    assert "nothing was changed" in inv.ok("deploy").output
    inv.ok("rollback", "--to", before, "--force")
    assert sh(host, REVISION) == revision
    log_in(hub, "alice")


def test_an_upgrade_that_fails_leaves_the_old_hub_with_its_database(
    inv: Inv, old: Inv, host: Sandbox, hub: str, tmp_path: Path
) -> None:
    before, revision = sh(host, CURRENT), sh(host, REVISION)
    broken = inv.in_copy(tmp_path / "labhub")
    config = broken.root / "compose/hub/jupyterhub_config.py"
    # JupyterHub reads its roles once it has changed the database, and ends.
    roles = '\nc.JupyterHub.load_roles = [{"name": "broken", "scopes": ["no:such"]}]\n'
    config.write_text(config.read_text() + roles)
    said = broken.fails("upgrade", BACKUP_TO=str(tmp_path / "backups"))
    assert "The release before it was put back and runs." in said
    assert (sh(host, CURRENT), sh(host, REVISION)) == (before, revision)
    log_in(hub, "alice")
