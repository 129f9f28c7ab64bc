from pathlib import Path

import pytest

from ops.errors import ConfigError
from ops.plan.command import REDACTED
from ops.settings.config import RULES, Config, load, parse

ROOT = Path(__file__).parents[3]


def test_the_example_is_the_documentation_of_every_key_and_valid(tmp_path: Path) -> None:
    text = (ROOT / ".env.example").read_text()
    keys = [line.partition("=")[0] for line in text.splitlines() if line and line[0] != "#"]
    fields = [field.upper() for field in Config.__dataclass_fields__]
    assert keys == list(RULES) == [field for field in fields if field not in ("MOUNTS", "SITE")]
    blocks = text.split("\n\n")
    assert all(block.startswith("#") for block in blocks), "each key has a comment"
    assert parse(text, ".env.example", {}) == parse(
        "LAB_HOST=lab.example.org\n"
        "AGFALTA_TOOLS_SOURCE=https://github.com/example/agfalta_tools.git",
        ".env",
        {},
    ), "what the example shows is the default"


def test_every_mistake_is_reported_at_once_with_its_value_file_and_line() -> None:
    text = "LAB_HOST=a b\n\n# comment\nHUB_PORT=99999\nMEMORY_LIMIT=4 apples\n"
    with pytest.raises(ConfigError) as caught:
        parse(text, ".env", {"CPU_LIMIT": "x"})
    message = str(caught.value)
    assert "LAB_HOST: should be a host name, an address or an SSH alias, not 'a b' (.env:1)" in (
        message
    )
    assert "HUB_PORT: should be a whole number from 1 to 65535, not '99999' (.env:4)" in message
    assert "MEMORY_LIMIT: should be like 4G or 512M, not '4 apples' (.env:5)" in message
    assert "CPU_LIMIT: should be a number from 0.1 to 1024, not 'x' (environment)" in message


def test_a_secret_is_never_shown() -> None:
    with pytest.raises(ConfigError) as caught:
        parse("LAB_HOST=x\nLAB_SUDO_PASSWORD='hunter2\nsecond'", ".env", {})
    assert "hunter2" not in str(caught.value)
    assert REDACTED in str(caught.value)
    assert "hunter2" not in repr(parse("LAB_HOST=x\nLAB_SUDO_PASSWORD=hunter2", ".env", {}))


def test_a_secret_keeps_its_spaces() -> None:
    config = parse("LAB_HOST=x\nLAB_SUDO_PASSWORD=' a '", ".env", {})
    assert config.lab_sudo_password is not None
    assert config.lab_sudo_password.value == " a "


def test_an_unknown_key_names_the_nearest_known_one() -> None:
    with pytest.raises(ConfigError, match=r"LAB_HOTS: unknown key, did you mean LAB_HOST\?"):
        parse("LAB_HOTS=x", ".env", {})


def test_a_line_that_is_none_and_a_key_set_twice_are_errors() -> None:
    with pytest.raises(ConfigError) as caught:
        parse("LAB_HOST=x\nthis is nothing\nLAB_HOST=y", ".env", {})
    assert ".env:2: is not of the form KEY=value" in str(caught.value)
    assert "LAB_HOST: is set twice (.env:1 and .env:3)" in str(caught.value)


def test_the_environment_wins() -> None:
    assert parse("LAB_HOST=file", ".env", {"LAB_HOST": "environment"}).lab_host == "environment"


def test_an_empty_value_is_the_default_and_a_missing_host_an_error() -> None:
    assert parse("LAB_HOST=x\nHUB_PORT=\n", ".env", {}).hub_port == 80
    with pytest.raises(ConfigError, match="LAB_HOST: is missing"):
        parse("LAB_HOST=\n", ".env", {})


def test_admins_must_be_names() -> None:
    assert parse("LAB_HOST=x\nHUB_ADMINS=alice, bob", ".env", {}).hub_admins == ("alice", "bob")
    with pytest.raises(ConfigError, match=r"HUB_ADMINS: .*'Bob' is not a valid name"):
        parse("LAB_HOST=x\nHUB_ADMINS=Bob", ".env", {})


def test_lab_chooses_the_file_and_a_missing_one_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / ".env.xps").write_text("LAB_HOST=xps")
    assert load(tmp_path, {"LAB": "xps"}).lab_host == "xps"
    with pytest.raises(ConfigError, match=r"no \.env: cp \.env\.example \.env.*LAB=xps"):
        load(tmp_path, {})
    with pytest.raises(ConfigError, match="names no lab"):
        load(tmp_path, {"LAB": "../x"})


@pytest.mark.parametrize("content", [b"LAB_HOST=\xff\xfe", b"\xef\xbb\xbfLAB_HOST=x"])
def test_a_file_in_another_encoding_is_no_traceback(tmp_path: Path, content: bytes) -> None:
    (tmp_path / ".env").write_bytes(content)
    try:
        assert load(tmp_path, {}).lab_host == "x"
    except ConfigError as error:
        assert "UTF-8" in str(error)
