"""HTTPS: what `.env` may say, an own certificate's mistakes, and what is to be done on a host."""

import os
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import cache
from pathlib import Path

import pytest

from ops.errors import ConfigError, OperationError
from ops.remote.command import Change, Secret, Upload
from ops.settings.config import Config, parse
from ops.settings.web import Address, parse_address
from ops.stack.release import Release, read_files, render_release
from ops.tls.certificate import certificate_facts, describe_end
from ops.tls.facts import Https, Served, parse_https, parse_served
from ops.tls.operation import (
    RIGHTS,
    Wanted,
    _as_it_should_be,
    ensure_https,
    ensure_plain,
    render_files,
)
from ops.tls.own import Own, problems, read_own
from ops.tls.words import last_words, require_choice
from tests.certificates import NOW, Key, key_text, make_certificate, make_key

ROOT = Path(__file__).parents[2]
HOST = "lab.example.org"
EARLIER = NOW - timedelta(days=1)


@cache
def key_of(name: str) -> Key:
    return make_key()


@cache
def certificate(*names: str, days: float = 90, begin: float = -1) -> str:
    return make_certificate(
        key_of("hub"),
        "hub",
        ("Middle", key_of("middle")),
        names,
        NOW + timedelta(days=begin),
        NOW + timedelta(days=days),
    )


@cache
def middle() -> str:
    return make_certificate(key_of("middle"), "Middle", ("Root", key_of("root")))


@cache
def root() -> str:
    return make_certificate(key_of("root"), "Root", ("Root", key_of("root")))


def chain() -> str:
    return certificate(HOST) + middle() + root()


def config(*lines: str) -> Config:
    return parse("\n".join(["LAB_HOST=x", *lines]), ".env", {})


# --- .env -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("https://Lab.example.org", Address(True, HOST, 443, False)),
        ("http://lab", Address(False, "lab", 80, False)),
        ("https://lab.example.org:8443/", Address(True, HOST, 8443, False)),
        ("https://192.168.2.5", Address(True, "192.168.2.5", 443, True)),
        ("https://[2001:DB8::5]:444", Address(True, "2001:db8::5", 444, True)),
    ],
)
def test_the_url_says_how_the_hub_is_served(url: str, address: Address) -> None:
    assert parse_address(url) == address


@pytest.mark.parametrize(
    "url",
    [
        "lab.example.org",
        "ftp://lab",
        "https://",
        "https://lab/hub",
        "https://lab:0",
        "https://lab:65536",
        "https://1.2.3",
        "https://999.1.1.1",
        "https://[::g]",
        "https://a..b",
        "https://user@lab",
        "https://läb",
        "https://-lab",
        "https://lab$(reboot)",
        "https://la b",
    ],
)
def test_a_url_that_is_none_is_one_sentence(url: str) -> None:
    with pytest.raises(ConfigError, match="HUB_URL: should "):
        config(f"HUB_URL='{url}'")


def test_what_contradicts_itself_is_refused(tmp_path: Path) -> None:
    for name in ("crt", "key"):
        (tmp_path / name).touch()
    crt, key = f"TLS_CERTIFICATE={tmp_path}/crt", f"TLS_KEY={tmp_path}/key"
    for lines, problem in (
        (("HUB_URL=http://lab", crt, key), "TLS_KEY: is of no use without HUB_URL=https"),
        ((crt, key), "TLS_CERTIFICATE: is of no use without HUB_URL=https"),
        (("HUB_URL=https://lab", crt), "TLS_KEY: is missing, TLS_CERTIFICATE alone"),
        (("HUB_URL=https://lab", key), "TLS_CERTIFICATE: is missing, TLS_KEY alone"),
        (("HUB_URL=https://lab", key, "TLS_CERTIFICATE=nowhere"), "should be a file that exists"),
        (("HUB_URL=https://lab:80",), "HUB_PORT: 80 is the port of HUB_URL as well"),
    ):
        with pytest.raises(ConfigError, match=problem):
            config(*lines)
    assert config("HUB_URL=https://lab", crt, key).tls_key == tmp_path / "key"


def test_a_deploy_asks_how_the_hub_is_to_be_served() -> None:
    with pytest.raises(ConfigError, match=r"HUB_URL: is missing.*https://lab.example.org"):
        require_choice(config())


@pytest.mark.parametrize(
    ("url", "warns"),
    [
        ("http://lab", True),
        ("http://192.168.2.5:8000", True),
        ("http://127.0.0.1:8000", False),
        ("http://localhost", False),
        ("http://[::1]", False),
    ],
)
def test_plain_http_is_warned_of_where_it_crosses_a_network(url: str, warns: bool) -> None:
    said = list(last_words(config(f"HUB_URL={url}"), {}, NOW))
    assert bool(said) is warns
    if said:
        assert said[0][0].startswith("Passwords cross the network readable")
        assert said[0][1] == "yellow"


# --- a certificate ----------------------------------------------------------------------------


def test_a_certificate_s_facts() -> None:
    found = certificate_facts("text before\n" + certificate(HOST, "*.lab.org", "10.0.0.5"))
    assert found
    assert found.names == (HOST, "*.lab.org", "10.0.0.5")
    assert found.end == NOW + timedelta(days=90)
    assert found.issuer == "Middle"
    assert len(found.fingerprint) == 32 * 3 - 1
    for host, fits in {
        HOST: True,
        "x.lab.example.org": False,
        "a.lab.org": True,
        "a.b.lab.org": False,
        "lab.org": False,
        "10.0.0.5": True,
        "10.0.0.6": False,
    }.items():
        assert found.is_for(host) is fits, host
    assert certificate_facts("") is None
    broken = "-----BEGIN CERTIFICATE-----\nxyz\n-----END CERTIFICATE-----"
    assert certificate_facts(broken) is None


@pytest.mark.parametrize(
    ("days", "renews", "said"),
    [
        (90, False, "is valid until 2027-02-22 (90 days)."),
        (90, True, "is valid until 2027-02-22 (90 days, renewed by the host itself)."),
        (29, False, "ends on 2026-12-23, in 29 days; put a new one at TLS_CERTIFICATE"),
        (29, True, "is valid until"),
        (20, True, "in 20 days; the host should have renewed it: inv deploy does it now."),
        (-2, False, "ended on 2026-11-22, and browsers refuse the hub"),
    ],
)
def test_its_end_is_one_sentence(days: int, renews: bool, said: str) -> None:
    found = certificate_facts(certificate(HOST, days=days, begin=-9))
    assert found
    assert said in describe_end(found, NOW, renews=renews)
    assert "not valid before" in describe_end(found, NOW - timedelta(days=20), renews=renews)


def test_an_own_certificate_that_is_right(tmp_path: Path) -> None:
    files = {"crt": f"# from the site\n{chain()}", "key": key_text(key_of("hub"))}
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    lines = f"TLS_CERTIFICATE={tmp_path}/crt", f"TLS_KEY={tmp_path}/key"
    own = read_own(config("HUB_URL=https://lab.example.org", *lines), NOW)
    assert own
    assert own.pem.value == files["key"] + chain()
    assert "PRIVATE" not in repr(own)
    assert read_own(config("HUB_URL=https://lab.example.org"), NOW) is None
    (tmp_path / "crt").write_bytes(b"\x30\x82\xff")
    with pytest.raises(ConfigError, match="TLS_CERTIFICATE: crt is not in PEM form; openssl x509"):
        read_own(config("HUB_URL=https://lab.example.org", *lines), NOW)


def mistakes() -> Iterator[tuple[str, str, str]]:
    key = key_text(key_of("hub"))
    yield "", key, "holds no certificate (-----BEGIN CERTIFICATE-----)"
    yield key, certificate(HOST), "is it exchanged with TLS_KEY?"
    yield certificate(HOST)[:200] + "\n-----END CERTIFICATE-----", key, "is damaged"
    yield chain(), "", "TLS_KEY: holds no private key in PEM form"
    yield chain(), key_text(key_of("hub"), b"secret"), "TLS_KEY: is encrypted"
    yield chain(), key_text(key_of("root")), "in the wrong order; the hub's own"
    yield chain(), key_text(key_of("stranger")), "TLS_KEY: is not the key of this"
    yield middle() + certificate(HOST) + root(), key, "the hub's own certificate stands first"
    yield certificate("other.org") + middle() + root(), key, "is for other.org, and HUB_URL is lab."
    yield certificate(HOST, days=-1, begin=-9) + middle() + root(), key, "ended on 2026-11-23 12:00"
    yield certificate(HOST, days=0.5) + middle() + root(), key, "ends within a day"
    yield certificate(HOST, begin=1) + middle() + root(), key, "is not valid before 2026-11-25"
    yield (
        certificate(HOST) + root() + middle(),
        key,
        "behind hub has to stand Middle, not Root",
    )
    yield certificate(HOST), key, "is incomplete; put the certificate of Middle behind that of hub"


@pytest.mark.parametrize(("crt", "key", "said"), list(mistakes()))
def test_each_mistake_is_one_sentence(crt: str, key: str, said: str) -> None:
    first = next(problems(crt, key, HOST, NOW), "")
    assert said in first
    assert "PRIVATE KEY-----\nM" not in first


def test_an_authority_that_this_machine_trusts_need_not_stand_in_the_chain() -> None:
    known = make_certificate(key_of("hub"), "hub", ("Middle", key_of("middle")), (HOST,))
    assert list(problems(known + middle() + root(), key_text(key_of("hub")), HOST, NOW)) == []


# --- what is to be done on a host -------------------------------------------------------------

WANTED = Wanted(parse_address(f"https://{HOST}"), 80, None)
NOTHING = Served(None, None, renews=False, is_left=False, rights="", digest="")
BARE = Https(has_openssl=True, files={}, problem="", fingerprint="", occupied={})


def right() -> tuple[Served, Https]:
    found, above = certificate_facts(certificate(HOST)), certificate_facts(root())
    assert found
    files = {it.path: _as_it_should_be(it) for it in render_files(WANTED.address)}
    served = Served(found, above, renews=True, is_left=True, rights=RIGHTS, digest="d")
    return served, replace(BARE, files=files, fingerprint=found.fingerprint)


def own() -> Own:
    found = certificate_facts(certificate(HOST))
    assert found
    return Own(Secret("key and chain"), found)


def plan(wanted: Wanted, served: Served, facts: Https) -> list[Change]:
    return list(ensure_https(wanted, served, facts))


def test_a_bare_host_makes_its_certificate_and_renews_it() -> None:
    first, second = plan(WANTED, NOTHING, BARE)
    assert first.why == f"Have the host renew the certificate of {HOST} by itself"
    assert f"certificate of {HOST}, signed by the lab's own authority (there is none" in second.why
    assert Upload("/etc/labhub/tls/name", f"DNS:{HOST}") in first.steps


def test_what_is_right_is_left_alone() -> None:
    assert plan(WANTED, *right()) == []


@pytest.mark.parametrize(
    ("change", "begins"),
    [
        ({"problem": "less than 30 days are left"}, "Make a certificate"),
        ({"fingerprint": "AB:CD"}, "Let the proxy show the certificate"),
        ({"has_openssl": False}, "Install OpenSSL"),
    ],
)
def test_what_is_wrong_is_mended(change: dict[str, str], begins: str) -> None:
    served, facts = right()
    (only,) = plan(WANTED, served, replace(facts, **change))  # type: ignore[arg-type]
    assert only.why.startswith(begins)


def test_another_name_and_a_timer_that_was_switched_off() -> None:
    served, facts = right()
    other = replace(WANTED, address=parse_address("https://10.0.0.5"))
    assert [it.why[:13] for it in plan(other, served, facts)] == ["Have the host", "Make a certif"]
    assert len(plan(WANTED, replace(served, renews=False), facts)) == 1


def test_an_own_certificate_travels_as_a_secret_and_ends_the_host_s_own() -> None:
    served, facts = right()
    install, end = plan(replace(WANTED, own=own()), served, facts)
    assert install.why == f"Install the certificate of {HOST}, valid until 2027-02-22"
    upload = next(step for step in install.steps if isinstance(step, Upload))
    assert (upload.mode, upload.owner) == ("0600", "13:13")
    assert "key and chain" not in repr(upload) + str(upload)
    assert end.why.startswith("Renew no certificate on the host any more")
    there = replace(served, is_left=False, digest=own().digest)
    assert plan(replace(WANTED, own=own()), there, facts) == []


def test_plain_http_renews_nothing() -> None:
    assert list(ensure_plain(NOTHING)) == []
    assert len(list(ensure_plain(right()[0]))) == 1


LISTENERS = """\
443 LISTEN 0 511 0.0.0.0:443 0.0.0.0:* users:(("nginx",pid=812,fd=6),("nginx",pid=811,fd=6))
80 LISTEN 0 4096 0.0.0.0:80 0.0.0.0:* users:(("docker-proxy",pid=5,fd=4))
80 container {}"""


def answers(listeners: str, **others: str) -> dict[str, str]:
    files = "644 root:root abc /etc/labhub/tls/name"
    keys = {"openssl": "/usr/bin/openssl", "certificate_files": files, "served": "AB"}
    return {**keys, "certificate_problem": "", "listeners": listeners, **others}


def test_who_has_a_port_of_the_hub_is_named() -> None:
    facts = parse_https(answers(LISTENERS.format("labhub-proxy")))
    assert facts.occupied == {443: "nginx (process 812)"}
    assert facts.files == {"/etc/labhub/tls/name": ("644 root:root", "abc")}
    with pytest.raises(OperationError, match=r"Port 443 .* taken by nginx .* HUB_URL=https://lab"):
        plan(WANTED, NOTHING, facts)
    facts = parse_https(answers(LISTENERS.format("website").partition("\n")[2]))
    with pytest.raises(OperationError, match=r"Port 80 .* the container website.* set HUB_PORT"):
        plan(WANTED, NOTHING, facts)
    assert parse_https(answers("80 LISTEN 0 1 *:80 *:*")).occupied[80].startswith("a program")


def test_what_is_served_is_read() -> None:
    timer = "UnitFileState=enabled\nActiveState=active"
    text = f"600 13:13\nabc\n{certificate(HOST)}"
    found = parse_served({"certificate": text, "authority": "", "certificate_timer": timer})
    assert found.certificate == certificate_facts(certificate(HOST))
    assert (found.rights, found.digest, found.renews) == (RIGHTS, "abc", True)
    none = parse_served({"certificate": "", "authority": "", "certificate_timer": ""})
    assert none == NOTHING


def release(*lines: str) -> Release:
    return render_release(read_files(ROOT / "compose"), config(*lines), "b")


def test_https_adds_to_the_proxy_and_leaves_the_hub_alone() -> None:
    plain, https = release("HUB_URL=http://lab"), release("HUB_URL=https://lab:8443")
    differing = {name for name, it in plain.inputs.items() if https.inputs[name] != it}
    assert differing == {"proxy"}
    settings = str(https.files["settings.env"].content)
    assert "COMPOSE_FILE='compose.yaml:https.yaml'" in settings
    assert "HTTPS_PORT='8443'" in settings
    assert "COMPOSE_FILE" not in str(plain.files["settings.env"].content)


# --- the host's own part ----------------------------------------------------------------------


def certify(etc: Path, *words: str, **environ: str) -> str:
    script = ROOT / "ops" / "tls" / "certificate.sh"
    nowhere = {"LABHUB_ETC": str(etc), "DOCKER_HOST": "unix:///nonexistent"}
    done = subprocess.run(
        ["bash", script, *words],
        env={**os.environ, **nowhere, **environ},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


@pytest.mark.skipif(os.geteuid() != 0, reason="the key becomes the proxy's")
@pytest.mark.parametrize("name", ["DNS:lab.example.org", "IP:10.0.0.5", "IP:2001:db8::5"])
def test_a_certificate_is_made_once_and_renewed_in_time(tmp_path: Path, name: str) -> None:
    (tmp_path / "hub").mkdir()
    (tmp_path / "tls").mkdir()
    (tmp_path / "tls" / "name").write_text(name)
    server = tmp_path / "tls" / "proxy" / "server.pem"
    authority = tmp_path / "hub" / "lab-ca.crt"
    assert certify(tmp_path, "check") == "there is none yet"
    certify(tmp_path, LABHUB_DAYS="29")
    first, trusted = server.read_text(), authority.read_text()
    assert certify(tmp_path, "check") == "less than 30 days are left"
    certify(tmp_path)
    assert certify(tmp_path, "check") == ""
    found = certificate_facts(server.read_text())
    assert found and found.is_for(name.partition(":")[2])
    assert server.read_text() != first
    assert authority.read_text() == trusted
    (tmp_path / "tls" / "name").write_text("DNS:elsewhere.org")
    assert certify(tmp_path, "check") == "there is none yet"
    certify(tmp_path)
    (tmp_path / "tls" / "name").write_text(name)
    assert certify(tmp_path, "check") == "the one there is another"
    certify(tmp_path)
    assert authority.read_text() == trusted, "an old name's authority is taken again"
