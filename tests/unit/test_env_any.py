"""Whatever stands in `.env`: a configuration, or sentences without a secret; never a traceback."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ops.errors import ConfigError
from ops.settings.config import RULES, Config, is_secret, parse
from tests.sandbox.inv import INV, ROOT

# The same cases each time: what is found by chance is put into ODD.
MANY = settings(
    max_examples=600,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
MOUNTS = ("MOUNT_DATA", "SMB_USER_DATA", "SMB_PASSWORD_DATA", "SMB_DOMAIN_DATA")
KEYS = (*RULES, *MOUNTS)
MARK = "xyzzy-secret-"
"""How every value of a secret begins here, so that it is found wherever it is printed."""

ODD = [
    *(*"~/0'\"\\!*", *"$(reboot) `reboot` ${HOME} a;b a|b a&b a>b #x .. /dev/null".split()),
    *("", " ", "\t", "-1", "1e9", "65536", "9" * 20, "nan", "inf", "true", "None", "4g"),
    *("//", "//h/s", "//h/s ro", "//h/s rw group=", "//h/s ro options=a,,b", "https://[::1"),
    *("4G @=1", "4G @xps", "@xps=4G", "4G alice=4G alice=5G", "512M,1G", "http://"),
    *("ä", "日本", "\u202e", "\x00", "\x1b[31m", "\ufeff", "a" * 70_000),
]
VALUES = st.one_of(st.sampled_from(ODD), st.text(max_size=60), st.integers().map(str))


@st.composite
def environments(draw: st.DrawFn) -> dict[str, str]:
    """Some keys with any value, among others that are right; each may be missing."""
    right = {"LAB_HOST": "lab.example.org", "SMB_USER": "u", "SMB_PASSWORD": MARK + "p"}
    given = {key: value for key, value in right.items() if draw(st.booleans())}
    for key in draw(st.lists(st.sampled_from(KEYS), max_size=4)):
        value = draw(VALUES)
        given[key] = MARK + value if is_secret(key) else value
    return given


def said_of(text: str, environ: dict[str, str]) -> str:
    """Parse; return the sentences, which are empty where there is a configuration."""
    try:
        found = parse(text, ".env", environ)
    except ConfigError as error:
        assert str(error).startswith("The configuration is not valid:\n  ")
        return str(error)
    assert isinstance(found, Config)
    assert MARK not in repr(found)
    return ""


@MANY
@given(environments())
def test_any_environment_is_a_configuration_or_sentences(given: dict[str, str]) -> None:
    said = said_of("", given)
    assert MARK not in said
    assert all(len(line) < 1000 for line in said.splitlines()), "a value is shortened"


@MANY
@given(environments(), st.sampled_from(["{}={}", '{}="{}"', "{}='{}'", "export {}={}", "{}: {}"]))
def test_any_file_is_a_configuration_or_sentences(given: dict[str, str], form: str) -> None:
    lines = [form.format(key, value) for key, value in given.items()]
    assert MARK not in said_of("\n".join(lines), {})


@MANY
@given(st.text(max_size=400))
def test_any_text_is_a_configuration_or_sentences(text: str) -> None:
    said_of(text, {})


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize(
    "value", ["", "a" * 5000, "$(reboot) `id` ; | &", "mäßig 日本 \u202e", "-7"]
)
def test_each_key_with_each_kind_of_value(key: str, value: str) -> None:
    value = MARK + value if is_secret(key) else value
    given = {"LAB_HOST": "lab.example.org", "SMB_USER": "u", "SMB_PASSWORD": MARK} | {key: value}
    assert MARK not in said_of("", given)


@pytest.mark.parametrize(
    "content",
    [
        b"LAB_HOST=\xff\xfe\n",
        b"\x00\x01\x02",
        b"LAB_HOST=a\nLAB_SUDO_PASSWORD=xyzzy-secret-\x80\n",
        b"LAB_HOST='unclosed\nLAB_SUDO_PASSWORD=xyzzy-secret-1\n",
        b"MOUNT_DATA=//h/s ro\nSMB_PASSWORD=xyzzy-secret-1\nSMB_USER=" + b"u" * 100_000,
        b"LAB_HOST=\xef\xbb\xbf\nHUB_PORT=often\n",
    ],
)
def test_the_task_itself_ends_in_sentences(tmp_path: Path, content: bytes) -> None:
    for name in ("tasks.py", "ops", "sandbox"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / ".env").write_bytes(content)
    kept = {key: value for key, value in os.environ.items() if key not in KEYS and key != "LAB"}
    done = subprocess.run(
        [sys.executable, str(INV), "status"], cwd=tmp_path, env=kept, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert done.stderr.startswith("✗ ") and "Traceback" not in done.stderr
    assert MARK not in done.stderr + done.stdout
