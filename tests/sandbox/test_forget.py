"""`inv push --forget`: a tag goes, its space comes back, and what somebody needs stays."""

import pytest

from sandbox.inv import Inv
from sandbox.running import Sandbox
from tests.hub_client import HubClient
from tests.sample import make_sample
from tests.sandbox.conftest import PASSWORD
from tests.sandbox.look import publish, sh
from tests.sandbox.test_push import registry_digest

STATE = "labs"
WEIGHTY = """\
printf 'FROM %s\\nUSER root\\nRUN head -c 30M /dev/urandom >/srv/own' "localhost:5000/$1" |
  docker build --quiet --tag "localhost:5000/$1" -
"""
"""Shell that gives an image a layer of its own that weighs something."""
SIZE = "du -s --block-size=1 /var/lib/docker/volumes/labhub-registry-data/_data | cut -f1"


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    made = make_sample(tmp_path_factory.mktemp("forget") / "agfalta_tools")
    return {"AGFALTA_TOOLS_SOURCE": str(made)}


def test_what_is_latest_or_not_there_is_not_forgotten(host: Sandbox, inv: Inv) -> None:
    said = inv.fails("push", "--forget", "1.2")
    assert said.startswith("agfalta_tools:1.2 is what latest means.")
    assert registry_digest(host, "1.2")
    assert inv.fails("push", "--forget", "7").endswith("its tags are: latest, 1.2")
    assert "is what another tag is" in inv.fails("push", "--forget", "latest")
    assert "stands alone" in inv.fails("push", "--forget", "1.2", "--tag", "1.1")


def test_a_tag_that_somebody_runs_is_not_forgotten(
    host: Sandbox, inv: Inv, source: dict[str, str]
) -> None:
    inv.ok("push", "--tag", "1.1", **source)
    alice = HubClient(host.url)
    alice.login("alice", PASSWORD)
    alice.spawn("agfalta_tools:1.1")
    assert "alice runs agfalta_tools:1.1" in inv.fails("push", "--forget", "1.1")
    alice.stop()


def test_a_tag_goes_with_its_space_and_can_be_published_again(
    host: Sandbox, inv: Inv, source: dict[str, str]
) -> None:
    sh(host, WEIGHTY, "agfalta_tools:1.1")
    publish(host, "agfalta_tools:1.1")
    digest, size = registry_digest(host, "1.1"), int(sh(host, SIZE))
    dry = inv.ok("--dry", "push", "--forget", "1.1").output
    assert "Forget agfalta_tools:1.1" in dry and registry_digest(host, "1.1") == digest
    done = inv.ok("push", "--forget", "1.1")
    assert [it.split()[0] for it in done.changes] == ["Forget", "Sweep"]
    assert f"which was {digest}" in done.output and "has these tags: latest, 1.2" in done.output
    assert registry_digest(host, "1.1") is None
    assert size - int(sh(host, SIZE)) > 20_000_000
    assert sh(host, "docker images --quiet localhost:5000/agfalta_tools:1.1") == ""
    assert f"Forget agfalta_tools:1.1 (which was {digest})" in sh(
        host, "cat /var/log/labhub/audit.log"
    )
    alice = HubClient(host.url)
    alice.login("alice", PASSWORD)
    assert "agfalta_tools:1.1" not in alice.choices()
    # No process remembers layers that are gone.
    again = inv.ok("push", "--tag", "1.1", **source)
    assert "Push agfalta_tools:1.1" in again.output
    sh(host, "docker image rm localhost:5000/agfalta_tools:1.1")
    alice.spawn("agfalta_tools:1.1")
    alice.stop()


def test_what_the_registry_has_in_part_can_be_forgotten(host: Sandbox, inv: Inv) -> None:
    made = sh(host, "docker image inspect --format '{{.Id}}' localhost:5000/agfalta_tools:1.1")
    blob = f"/var/lib/docker-registry/docker/registry/v2/blobs/sha256/{made[7:9]}/{made[7:]}"
    sh(host, 'docker exec --user 5000 labhub-registry rm -r "$1"', blob)
    inv.ok("push", "--forget", "1.1")
    assert registry_digest(host, "1.1") is None and registry_digest(host, "1.2")
