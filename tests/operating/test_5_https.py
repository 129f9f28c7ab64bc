"""HTTPS on a real host: trusted, renewed under a running notebook, an own certificate, and back."""

import re
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
import requests

from ops.check.session import WHY
from ops.tls.certificate import certificate_facts
from sandbox.ports import is_free
from sandbox.running import Sandbox
from tests.certificates import key_text, make_certificate, make_key
from tests.conftest import PASSWORD
from tests.hub_client import HubClient
from tests.operating.tls import forwarded, shown_certificate, write
from tests.sandbox.inv import Inv, Outcome
from tests.sandbox.look import inspect, sh, started, touched

IMAGE = "agfalta_tools:1.2"
PORT = next(port for port in count(18443) if is_free(port))
URL = f"https://127.0.0.1:{PORT}"
SCRIPT = "/usr/local/lib/labhub/certificate"

pytestmark = pytest.mark.usefixtures("pushed", "member")


@pytest.fixture(scope="module")
def https(inv: Inv, host: Sandbox, hub: str, pushed: Outcome) -> Iterator[Outcome]:
    """The deploy that encrypts the hub; afterwards everything is as it was."""
    outcome = inv.ok("deploy", HUB_URL=URL)
    with forwarded(host, PORT):
        yield outcome
    inv.ok("deploy", "--no-check")
    sh(host, "rm -rf /etc/labhub/tls")


@pytest.fixture(scope="module")
def authority(https: Outcome, hub: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The lab's authority, as a member downloads it before the hub can be trusted."""
    answer = requests.get(f"{hub}/hub/trust/lab-ca.crt", timeout=10, allow_redirects=False)
    assert answer.headers["Content-Type"] == "application/x-x509-ca-cert"
    return write(tmp_path_factory.mktemp("https") / "lab-ca.crt", answer.text)


@pytest.fixture
def trusting(authority: str, member: str) -> HubClient:
    """A member's browser that trusts the lab, logged in."""
    client = HubClient(URL)
    client.session.verify = authority
    # This machine may have a bundle of its own, which would win.
    client.session.trust_env = False
    client.login(member, PASSWORD)
    return client


def shorten(host: Sandbox, days: int) -> str:
    """Give the hub a certificate that ends soon, and return it."""
    line = "rm /etc/labhub/tls/proxy/server.pem; LABHUB_DAYS=$1 $2; sleep 1"
    sh(host, line, str(days), SCRIPT)
    return shown_certificate(PORT)


def test_the_deploy_says_how_long_the_certificate_lasts_and_how_to_trust_it(
    https: Outcome, authority: str
) -> None:
    assert [change.split(" of ")[0] for change in https.changes][:2] == [
        "Have the host renew the certificate",
        "Make a certificate",
    ]
    assert "(396 days, renewed by the host itself)" in https.output
    assert "http://127.0.0.1/trust" in https.output
    downloaded = certificate_facts(Path(authority).read_text())
    assert downloaded
    assert downloaded.fingerprint in https.output


def test_the_second_deploy_changes_nothing(https: Outcome, inv: Inv) -> None:
    assert inv.ok("deploy", HUB_URL=URL).changes == []


def test_only_who_trusts_the_lab_gets_in(trusting: HubClient) -> None:
    assert trusting.is_logged_in()
    # JupyterHub's `_xsrf` is none to log in with: it is good for the session's own browser alone.
    assert {it.name for it in trusting.session.cookies if not it.secure} == {"_xsrf"}
    assert "jupyterhub-session-id" in {it.name for it in trusting.session.cookies if it.secure}
    with pytest.raises(requests.exceptions.SSLError, match="CERTIFICATE_VERIFY_FAILED"):
        HubClient(URL).login("alice", PASSWORD)


def test_plain_http_leads_to_https_but_for_the_page_on_trust(hub: str, https: Outcome) -> None:
    answer = requests.get(f"{hub}/hub/login?next=x", timeout=10, allow_redirects=False)
    assert answer.status_code == 307
    assert answer.headers["Location"] == f"{URL}/hub/login?next=x"
    posted = requests.post(f"{hub}/hub/trust", timeout=10, allow_redirects=False)
    assert posted.headers["Location"] == f"{URL}/hub/trust"
    page = requests.get(f"{hub}/trust", timeout=10, allow_redirects=False)
    assert page.status_code == 200
    assert "Set-Cookie" not in page.headers
    for style in re.findall(r'<link rel="stylesheet" href="([^"]+)"', page.text):
        found = requests.get(hub + style, timeout=10, allow_redirects=False)
        assert found.headers["Content-Type"] == "text/css"


def test_nothing_but_root_and_the_proxy_reads_a_key(https: Outcome, host: Sandbox) -> None:
    keys = sh(host, "grep -rl 'PRIVATE KEY' /etc/labhub | xargs -d '\\n' stat -c '%a %u:%g %n'")
    assert sorted(keys.splitlines()) == [
        "600 0:0 /etc/labhub/tls/ca/IP:127.0.0.1/ca.key",
        "600 13:13 /etc/labhub/tls/proxy/server.pem",
    ]
    assert sh(host, "stat -c %a /etc/labhub/tls/ca") == "700"


def test_the_host_renews_by_itself_under_an_open_notebook(
    trusting: HubClient, host: Sandbox
) -> None:
    trusting.spawn(IMAGE)
    before = started(host)
    with trusting.start_kernel() as kernel:
        ticking = kernel.send("import time\nfor n in range(80): print(n); time.sleep(0.1)")
        old = shorten(host, 5)
        sh(host, "systemctl start labhub-certificate.service")
        new = shown_certificate(PORT)
        assert kernel.collect(ticking).text.split() == [str(number) for number in range(80)]
    trusting.stop()
    assert touched(before, started(host)) == set()
    facts = certificate_facts(new)
    assert new != old and facts
    assert facts.end - datetime.now(UTC) > timedelta(days=390)
    last = sh(host, "tail -n 1 /var/log/labhub/audit.log")
    assert last.endswith("Renew the certificate of 127.0.0.1: less than 30 days are left")
    assert "enabled" in sh(host, "systemctl is-enabled labhub-certificate.timer")


def test_a_deploy_renews_as_well(https: Outcome, host: Sandbox, inv: Inv) -> None:
    old = shorten(host, 20)
    assert inv.ok("deploy", HUB_URL=URL).changes == [
        "Make a certificate of 127.0.0.1, signed by the lab's own authority (less than 30 days are "
        "left)"
    ]
    assert shown_certificate(PORT) != old


def test_who_has_the_port_is_named_before_anything_is_changed(
    https: Outcome, host: Sandbox, inv: Inv
) -> None:
    before = started(host)
    sh(
        host,
        "systemd-run --quiet --unit=other systemd-socket-activate --accept -l 9443 cat; sleep 1",
    )
    try:
        said = inv.fails("deploy", HUB_URL="https://127.0.0.1:9443")
    finally:
        sh(host, "systemctl stop other")
    assert re.search(r"Port 9443 of the host is taken by systemd-socket\S* \(process \d+\)", said)
    assert started(host) == before


def test_an_own_certificate_is_shown_and_another_one_taken_up(
    https: Outcome, host: Sandbox, inv: Inv, hub: str, tmp_path: Path
) -> None:
    root, key = make_key(), make_key()
    now = datetime.now(UTC).replace(microsecond=0)
    life = now - timedelta(days=1), now + timedelta(days=80)
    above = make_certificate(root, "Site", ("Site", root), (), *life)
    own = make_certificate(key, "hub", ("Site", root), ("127.0.0.1",), *life)
    other = make_certificate(key, "hub", ("Site", root), ("lab.example.org",), *life)
    file = tmp_path / "hub.pem"
    settings = {
        "HUB_URL": URL,
        "TLS_CERTIFICATE": write(file, other + above),
        "TLS_KEY": write(tmp_path / "hub.key", key_text(key)),
    }
    said = inv.fails("deploy", **settings)
    assert "TLS_CERTIFICATE: is for lab.example.org, and HUB_URL is 127.0.0.1" in said
    write(file, own + above)
    before = started(host)
    changes = inv.ok("deploy", **settings).changes
    assert changes[0] == f"Install the certificate of 127.0.0.1, valid until {life[1]:%Y-%m-%d}"
    assert changes[1:] == ["Renew no certificate on the host any more: .env names an own one"]
    assert touched(before, started(host)) == set()
    assert shown_certificate(PORT) == own
    answer = requests.get(f"{URL}/hub/login", timeout=10, verify=write(tmp_path / "ca", above))
    assert answer.status_code == 200
    assert requests.get(f"{hub}/trust", timeout=10).status_code == 404
    assert "PRIVATE" not in sh(host, "ps axww -o args; docker inspect labhub-proxy")
    assert inv.ok("deploy", **settings).changes == []


def test_plain_http_is_a_choice_to_go_back_to(
    https: Outcome, host: Sandbox, inv: Inv, hub: str
) -> None:
    assert "HUB_URL: is missing. Say where members find the hub" in inv.fails("deploy", HUB_URL="")
    inv.ok("deploy", HUB_URL=URL)
    outcome = inv.ok("deploy", HUB_URL="http://lab.example.org")
    assert outcome.changes[-2:] == [
        "Renew no certificate any more: the hub is served over plain HTTP",
        WHY,
    ]
    assert "Passwords cross the network readable" in outcome.output
    assert requests.get(f"{hub}/hub/login", timeout=10, allow_redirects=False).status_code == 200
    assert list(inspect(host, "labhub-proxy")["NetworkSettings"]["Ports"]) == ["8000/tcp"]
    again = inv.ok("deploy")
    assert again.changes == []
    assert "readable" not in again.output
    client = HubClient(hub)
    with closing(client.session):
        client.login("alice", PASSWORD)
