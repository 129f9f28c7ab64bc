from pathlib import Path

from labhub.trust import FILE, fingerprint, read_authority

from ops.tls.certificate import certificate_facts
from tests.certificates import make_certificate, make_key


def test_the_page_shows_the_fingerprint_that_the_operator_was_told(tmp_path: Path) -> None:
    key = make_key()
    (tmp_path / FILE).write_text(make_certificate(key, "Lab CA", ("Lab CA", key)))
    pem = read_authority(tmp_path)
    assert pem
    told = certificate_facts(pem)
    assert told
    assert fingerprint(pem) == told.fingerprint


def test_without_an_authority_there_is_nothing_to_trust(tmp_path: Path) -> None:
    assert read_authority(tmp_path) is None
    (tmp_path / FILE).write_bytes(b"\xff")
    assert read_authority(tmp_path) is None
