import pytest

from ops.errors import ConfigError
from ops.plan.command import REDACTED
from ops.settings.config import Config, parse
from ops.settings.rules import RuleError
from ops.settings.shares import FORM, Share, share

LOGIN = "LAB_HOST=x\nSMB_USER=labnas\nSMB_PASSWORD=secret\n"


def config(*lines: str, login: str = LOGIN) -> Config:
    return parse(login + "\n".join(lines), ".env", {})


def problems(*lines: str, login: str = LOGIN) -> str:
    with pytest.raises(ConfigError) as caught:
        config(*lines, login=login)
    return str(caught.value)


def test_the_example_s_lines_are_mounts() -> None:
    data, analysis = config(
        "MOUNT_DATA=//192.168.2.99/data ro", "MOUNT_ANALYSIS=//192.168.2.99/analysis rw"
    ).mounts
    assert (data.name, data.target, data.server) == ("data", "/mnt/data", "192.168.2.99")
    assert data.share == Share("//192.168.2.99/data", read_only=True)
    assert analysis.share == Share("//192.168.2.99/analysis", read_only=False)
    assert data.login.user == "labnas" and data.login.password.value == "secret"


def test_a_line_says_all_that_differs_from_the_usual() -> None:
    assert share(
        "//nas/groups/LEEM data rw group=leem at=/data/leem vers=2.1 options=port=1,nobrl"
    ) == (Share("//nas/groups/LEEM data", False, "leem", "/data/leem", "2.1", ("port=1", "nobrl")))


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("//nas/data", FORM),
        ("nas/data ro", "should begin with //host/share"),
        ("//nas ro", "should begin with //host/share"),
        ("///data ro", "should begin with //host/share"),
        ("//nas/a,b ro", "should begin with //host/share"),
        (r"\\nas\data ro", "with slashes"),
        ("smb://nas/data ro", "with slashes"),
        ("//nas/data readonly", FORM),
        ("//nas/data ro rw", "'rw' is none of these"),
        ("//nas/data ro group=a group=b", "'group=b' is none of these, or is there twice"),
        ("//nas/data ro group=", "'group=' is none of these"),
        ("//nas/data ro group=docker", "gives rights over the host"),
        ("//nas/data ro group=LEEM", "is not a valid group"),
        ("//nas/data ro at=data", "a path like /mnt/data"),
        ("//nas/data ro at=/mnt/../etc", "a path like /mnt/data"),
        ("//nas/data ro at=/mnt", "a path like /mnt/data"),
        ("//nas/data ro at=/etc/data", "outside the system's own folders"),
        ("//nas/data ro at=/home/jupyter-alice/data", "outside the system's own folders"),
        ("//nas/data ro at=/srv/labhub/x", "cannot be below /srv/labhub"),
        ("//nas/data ro vers=4", "vers= should be one of"),
        ("//nas/data ro options=credentials=/x", "stands in SMB_USER"),
        ("//nas/data ro options=rw", "behind the share as ro or rw"),
        ("//nas/data ro options=nobrl,hard", "in outages is managed"),
        ("//nas/data ro options=uid=0", "decided by group="),
        ("//nas/data ro options=vers=1.0", "stands in vers="),
        ("//nas/data ro options=x-systemd.automount", "systemd's part is managed"),
        ("//nas/data ro options=a=b'c", "should be like actimeo=5"),
        ("//nas/data ro options=Nobrl", "should be like actimeo=5"),
    ],
)
def test_what_cannot_be_right_is_refused_before_any_connection(line: str, reason: str) -> None:
    with pytest.raises(RuleError) as caught:
        share(line)
    assert reason in str(caught.value)
    assert f"MOUNT_X: {caught.value}" in problems(f"MOUNT_X={line}")


def test_a_mount_s_own_login_goes_before_that_of_all() -> None:
    leem, data = config(
        "MOUNT_LEEM=//nas/leem rw", "SMB_PASSWORD_LEEM=' own, #1 '", "SMB_DOMAIN_LEEM=PHYS",
        "MOUNT_DATA=//nas/data ro", "SMB_DOMAIN=LAB",
    ).mounts  # fmt: skip
    assert (leem.login.user, leem.login.domain) == ("labnas", "PHYS")
    assert leem.login.password.value == " own, #1 "
    assert (data.login.password.value, data.login.domain) == ("secret", "LAB")


def test_a_mount_needs_somebody_to_log_in() -> None:
    said = problems("MOUNT_DATA=//nas/data ro", login="LAB_HOST=x\n")
    assert "SMB_USER: is missing, and MOUNT_DATA needs it (or SMB_USER_DATA)" in said
    assert "SMB_PASSWORD: is missing" in said
    assert "there is no MOUNT_LEEM" in problems("SMB_USER_LEEM=x")


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("SMB_USER", "LAB\\\\labnas", "goes into SMB_DOMAIN"),
        ("SMB_USER", "a,b", "without commas"),
        ("SMB_DOMAIN", "x" * 256, "at most 255"),
        ("SMB_PASSWORD", "ü" * 129, "at most 128 characters"),
        ("SMB_PASSWORD_LEEM", "'two\nlines'", "one line"),
    ],
)
def test_what_mount_cifs_cannot_read_is_refused(key: str, value: str, reason: str) -> None:
    said = problems(f"{key}={value}", "MOUNT_LEEM=//nas/leem rw", login="LAB_HOST=x\n")
    assert reason in said
    assert "PASSWORD" not in key or (value not in said and REDACTED in said)


def test_no_two_mounts_meet() -> None:
    said = problems(
        "MOUNT_A=//nas/a ro", "MOUNT_B=//nas/b ro at=/mnt/a", "MOUNT_C=//nas/c ro at=/mnt/a/c"
    )
    assert "MOUNT_B: has the target of MOUNT_A, /mnt/a" in said
    assert "MOUNT_C: /mnt/a/c would be inside /mnt/a (MOUNT_A)" in said


def test_keys_of_mounts_are_known_and_others_are_not() -> None:
    assert "MONT_DATA: unknown key, did you mean MOUNT_DATA?" in problems("MONT_DATA=//nas/a ro")
    assert "MOUNT_data: unknown key" in problems("MOUNT_data=//nas/a ro")
    taken_back = parse(f"{LOGIN}MOUNT_A=//nas/a ro", ".env", {"MOUNT_A": ""})
    assert taken_back.mounts == ()
